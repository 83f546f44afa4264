import { useHercules } from "@hercules/client/react";
import { useState } from "react";

import { Button } from "../../design/Button";
import { Card } from "../../design/Card";
import { Dialog } from "../../design/Dialog";
import { useToast } from "../../design/Toast";
import type { Fields } from "../../forms/schema";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { Exercises } from "../../training/Exercises";
import type { Workout } from "../../training/workout";
import { de } from "./de";
import { en } from "./en";
import { WorkoutDialog } from "./WorkoutDialog";

export interface Logged {
  id: string;
  performed_on: string;
  content: Workout;
}

/** One workout, to be corrected or deleted. */
export function LoggedWorkout({ workout, onChange }: { workout: Logged; onChange(): void }) {
  const t = useText({ en, de });
  const format = useFormat();
  const { api } = useHercules();
  const toast = useToast();
  const [asked, setAsked] = useState<"correct" | "remove">();
  const { session, minutes, exercises, notes, felt } = workout.content;
  const params = { path: { workout_id: workout.id } };
  const day = format.date(workout.performed_on);
  const remove = async () => {
    try {
      await api.DELETE("/v1/workout-logs/{workout_id}", { params });
      toast.say(t.removed);
      onChange();
    } catch (fault) {
      toast.fault(fault);
    }
  };
  return (
    <Card
      title={session ? `${day} · ${session}` : day}
      aside={[t.minutes(minutes), felt && t.felt(felt)].filter(Boolean).join(" · ")}
      actions={
        <>
          <Button tone="quiet" icon="edit" aria-label={`${t.correct}: ${day}`} onClick={() => setAsked("correct")}>
            {t.correct}
          </Button>
          <Button tone="quiet" icon="trash" aria-label={`${t.remove}: ${day}`} onClick={() => setAsked("remove")}>
            {t.remove}
          </Button>
        </>
      }
    >
      <Exercises exercises={exercises} />
      {notes && <p className="faint">{notes}</p>}
      {asked === "correct" && (
        <WorkoutDialog
          title={t.correct}
          initial={workout.content as unknown as Fields}
          save={(body) => api.PATCH("/v1/workout-logs/{workout_id}", { params, body })}
          onSaved={onChange}
          onClose={() => setAsked(undefined)}
        />
      )}
      {asked === "remove" && (
        <Dialog title={t.remove} onClose={() => setAsked(undefined)}>
          <p>{t.removeSure(day)}</p>
          <div className="row">
            <Button tone="danger" icon="trash" onClick={() => void remove()}>
              {t.remove}
            </Button>
            <Button onClick={() => setAsked(undefined)}>{t.cancel}</Button>
          </div>
        </Dialog>
      )}
    </Card>
  );
}
