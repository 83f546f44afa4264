/** An axis from 0 to a round number at or above the highest value, with ticks at round steps; of counts at whole ones. */
export function scaleOf(highest: number, isOfCounts: boolean): { top: number; ticks: number[] } {
  if (highest <= 0) {
    return { top: 1, ticks: [0, 1] };
  }
  const rough = highest / 4;
  const power = Math.max(10 ** Math.floor(Math.log10(rough)), isOfCounts ? 1 : 0);
  const step =
    power * ((isOfCounts ? [1, 2, 5, 10] : [1, 2, 2.5, 5, 10]).find((round) => round * power >= rough) ?? 10);
  const count = Math.ceil(highest / step - 1e-9);
  return { top: count * step, ticks: Array.from({ length: count + 1 }, (_, at) => at * step) };
}
