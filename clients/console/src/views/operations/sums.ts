/** Sums of rows by what they have in common. */
export function sumBy<Row>(rows: readonly Row[], key: (row: Row) => string, value: (row: Row) => number) {
  const sums = new Map<string, number>();
  for (const row of rows) {
    sums.set(key(row), (sums.get(key(row)) ?? 0) + value(row));
  }
  return sums;
}

const COLOURS = 5;

/** The names by how much each has, the largest first; what has no colour of its own is `others`. */
export function largest(sums: ReadonlyMap<string, number>, others: string): (name: string) => string {
  const names = [...sums.entries()].sort((one, other) => other[1] - one[1]).map(([name]) => name);
  const own = new Set(names.length > COLOURS ? names.slice(0, COLOURS - 1) : names);
  return (name) => (own.has(name) ? name : others);
}

/** For a plot of bars that stand on each other: of each name one value for each day. */
export function stacked<Row extends { day: string }>(
  rows: readonly Row[],
  days: readonly string[],
  name: (row: Row) => string,
  value: (row: Row) => number,
) {
  const names = [...sumBy(rows, name, value).entries()].sort((one, other) => other[1] - one[1]);
  return names.map(([label]) => {
    const byDay = sumBy(
      rows.filter((row) => name(row) === label),
      (row) => row.day,
      value,
    );
    return { label, kind: "bar" as const, values: days.map((day) => byDay.get(day) ?? 0) };
  });
}
