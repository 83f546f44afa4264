/** What a log says week by week, counted as the coach's own digest counts it (shared/training/records.py). */
import type { Workout } from "./workout";

export interface Week {
  /** Its Monday. */
  monday: string;
  workouts: number;
  minutes: number;
  /** Kilograms moved: sets × repetitions × load. */
  load: number;
  /** Sets that are no warm-up. */
  sets: number;
}

export interface Lift {
  name: string;
  /** Of each week the best estimated maximum in kg; null where it was not done. */
  maxima: (number | null)[];
}

const MOST_REPS = 10; // beyond them nothing is estimated
const DAY = 86_400_000;

/** The last weeks, the oldest first; those without a workout are in it too. */
export function weeksOf(workouts: readonly Workout[], count: number, today = new Date()): Week[] {
  const last = mondayOf(isoDay(today));
  return Array.from({ length: count }, (_, at) => {
    const monday = isoDay(new Date(new Date(`${last}T12:00:00Z`).getTime() - (count - 1 - at) * 7 * DAY));
    const done = workouts.filter((workout) => mondayOf(workout.performed_on) === monday);
    const exercises = done.flatMap((workout) => workout.exercises);
    return {
      monday,
      workouts: done.length,
      minutes: sum(done.map((workout) => workout.minutes)),
      load: sum(exercises.map(({ sets, reps, load_kg }) => sets * (reps ?? 0) * (load_kg ?? 0))),
      sets: sum(exercises.map(({ sets, reps, warm_up }) => (warm_up || !reps ? 0 : sets))),
    };
  });
}

/** The lifts that are done most often, with their best estimate of each week. */
export function liftsOf(workouts: readonly Workout[], weeks: readonly Week[], count: number): Lift[] {
  const lifts = new Map<string, Lift & { days: number }>();
  for (const workout of workouts) {
    const at = weeks.findIndex((week) => week.monday === mondayOf(workout.performed_on));
    for (const exercise of at < 0 ? [] : workout.exercises) {
      const maximum = estimatedMaximum(exercise.load_kg ?? 0, (exercise.reps ?? 0) + (exercise.rir ?? 0));
      if (maximum === null || exercise.warm_up) continue;
      const key = exercise.name.toLowerCase().replaceAll("-", " ").trim();
      const lift = lifts.get(key) ?? { name: exercise.name, maxima: weeks.map(() => null), days: 0 };
      lift.maxima[at] = Math.max(lift.maxima[at] ?? 0, maximum);
      lifts.set(key, { ...lift, days: lift.days + 1 });
    }
  }
  return [...lifts.values()].sort((one, other) => other.days - one.days).slice(0, count);
}

/** The load that could be lifted once (Epley: load × (1 + repetitions / 30)). */
export function estimatedMaximum(load: number, possible: number): number | null {
  if (load <= 0 || possible < 1 || possible > MOST_REPS) {
    return null;
  }
  return possible === 1 ? load : load * (1 + possible / 30);
}

function mondayOf(day: string): string {
  const date = new Date(`${day}T12:00:00Z`);
  return isoDay(new Date(date.getTime() - ((date.getUTCDay() + 6) % 7) * DAY));
}

export function isoDay(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
