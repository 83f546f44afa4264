import type { ShownExercise } from "./Exercises";

/** A workout as it is logged. */
export interface Workout {
  performed_on: string;
  minutes: number;
  exercises: ShownExercise[];
  notes?: string | null;
  felt?: number | null;
  session?: string | null;
}
