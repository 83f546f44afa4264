const A_YEAR = 365 * 86_400_000; // milliseconds

/** Guidelines are renewed every few years: what nobody looked at for one may be behind them. */
export function isStale(reviewedOn: string | null): boolean {
  return reviewedOn === null || Date.now() - new Date(reviewedOn).getTime() > A_YEAR;
}
