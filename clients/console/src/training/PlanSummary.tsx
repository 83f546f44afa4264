import "./training.css";

import { useFieldWords } from "../forms/field_words";
import { useText } from "../i18n/language";
import { de } from "./de";
import { en } from "./en";
import { Exercises, type ShownExercise } from "./Exercises";

export interface ShownPlan {
  name?: string;
  goal?: string;
  weeks?: number;
  progression?: string | null;
  sessions: {
    name: string;
    minutes?: number;
    weekday?: string | null;
    times_a_week?: number | null;
    exercises: ShownExercise[];
  }[];
}

/** A plan to look over: its sessions side by side. */
export function PlanSummary({ plan }: { plan: ShownPlan }) {
  const t = useText({ en, de });
  const { choice } = useFieldWords();
  const { name, goal, weeks, progression, sessions } = plan;
  return (
    <div className="plan">
      <p>
        <strong>{[name, weeks && t.weeks(weeks)].filter(Boolean).join(" · ")}</strong>
        {goal && <span className="plan-goal">{goal}</span>}
      </p>
      <div className="plan-sessions">
        {sessions.map((session, at) => (
          <section key={at}>
            <h4>
              {session.name}{" "}
              <span className="faint">
                {[
                  session.weekday && choice(session.weekday),
                  session.times_a_week && t.times(session.times_a_week),
                  session.minutes && t.minutes(session.minutes),
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
            </h4>
            <Exercises exercises={session.exercises} />
          </section>
        ))}
      </div>
      {progression && <p className="faint small">{progression}</p>}
    </div>
  );
}
