export const PERIODS = [7, 30, 90] as const; // days; the API takes 92 at most

export interface Period {
  from: string;
  until: string;
}

/** The last days with today, in UTC, as the ledger has them. */
export function periodOf(days: number): Period {
  const day = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);
  return { from: day(days - 1), until: day(0) };
}

/** Every day of a period, the first one first. */
export function daysOf({ from, until }: Period): string[] {
  const first = Date.parse(from);
  const count = (Date.parse(until) - first) / 86_400_000 + 1;
  return Array.from({ length: count }, (_, at) => new Date(first + at * 86_400_000).toISOString().slice(0, 10));
}
