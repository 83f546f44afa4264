import "./training.css";

import { type Format, useFormat } from "../i18n/format";
import { useText } from "../i18n/language";
import { de } from "./de";
import { en, type Text } from "./en";

/** As the contract has it, in plans and logs; what is not there or null is not said. */
export interface ShownExercise {
  name: string;
  sets: number;
  reps?: number | null;
  reps_max?: number | null;
  seconds?: number | null;
  load_kg?: number | null;
  rest_seconds?: number | null;
  distance_m?: number | null;
  heart_rate_zone?: number | null;
  rir?: number | null;
  warm_up?: boolean | null;
  note?: string | null;
}

/** Each exercise with its sets: `3 × 8 to 10 · 60 kg · 90 s rest`. */
export function Exercises({ exercises }: { exercises: readonly ShownExercise[] }) {
  const t = useText({ en, de });
  const format = useFormat();
  return (
    <ul className="exercises">
      {exercises.map((exercise, at) => (
        <li key={at}>
          <span>{exercise.name}</span>
          <span className="faint">{dose(exercise, t, format)}</span>
        </li>
      ))}
    </ul>
  );
}

function dose(exercise: ShownExercise, t: Text, format: Format): string {
  const { sets, reps, reps_max, seconds, load_kg, rest_seconds, distance_m, heart_rate_zone, rir, warm_up, note } =
    exercise;
  const each = [
    reps && (reps_max ? `${reps}–${reps_max}` : String(reps)),
    distance_m && (distance_m >= 1000 ? `${format.number(distance_m / 1000, 2)} km` : `${format.number(distance_m)} m`),
    seconds && (seconds >= 600 ? t.minutes(Math.round(seconds / 60)) : t.seconds(seconds)),
  ].filter(Boolean);
  const parts = [
    each.length > 0 ? `${sets} × ${each.join(" / ")}` : String(sets),
    load_kg && `${format.number(load_kg)} kg`,
    rir !== null && rir !== undefined && t.reserve(rir),
    heart_rate_zone && t.zone(heart_rate_zone),
    sets > 1 && rest_seconds && t.rest(rest_seconds),
    warm_up && t.warmUp,
    note,
  ];
  return parts.filter(Boolean).join(" · ");
}
