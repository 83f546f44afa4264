import type { StoredRoom } from "@hercules/client";

import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { text } from "./text";

/** What the room will take, from low to high, and what that is worth. */
export function Estimate({
  of: { dollars, minutes, measured, cost_complete },
}: {
  of: NonNullable<StoredRoom["estimate"]>;
}) {
  const t = useText(text);
  const format = useFormat();
  const range = (of: { low: number; high: number }, write: (value: number) => string) =>
    of.low === of.high ? write(of.low) : `${write(of.low)} – ${write(of.high)}`;
  return (
    <span>
      {t.estimate(
        range(dollars, format.dollars),
        range(minutes, (value) => format.number(value)),
      )}
      {!measured && ` ${t.estimateGuessed}`}
      {!cost_complete && ` ${t.estimateAtLeast}`}
    </span>
  );
}
