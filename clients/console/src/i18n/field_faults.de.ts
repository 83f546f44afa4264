/** What is wrong with a field, in German: the contract's checks say it in English. */
const KNOWN: [RegExp, (found: string) => string][] = [
  [/at most (\d+) characters/, (most) => `höchstens ${most} Zeichen`],
  [/at least (\d+) characters?/, (least) => `mindestens ${least} Zeichen`],
  [/at most (\d+) items?/, (most) => `höchstens ${most} Einträge`],
  [/at least (\d+) items?/, (least) => `mindestens ${least}`],
  [/greater than or equal to (\S+)/, (least) => `mindestens ${least}`],
  [/less than or equal to (\S+)/, (most) => `höchstens ${most}`],
  [/greater than (\S+)/, (bound) => `mehr als ${bound}`],
  [/less than (\S+)/, (bound) => `weniger als ${bound}`],
  [/(required)/, () => "fehlt"],
  [/match (pattern)/, () => "so nicht geschrieben"],
  [/country code/, () => "ein Land mit zwei Buchstaben, wie DE"],
];

export function fieldFault(message: string): string {
  for (const [pattern, words] of KNOWN) {
    const found = pattern.exec(message);
    if (found) {
      return words(found[1] ?? "");
    }
  }
  return message;
}
