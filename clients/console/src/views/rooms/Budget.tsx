import type { RoomState } from "@hercules/client";

import { Card } from "../../design/Card";
import { Meter } from "../../design/Meter";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { text } from "./text";

/** How much of each limit is used. */
export function Budget({ budget: { limits, used, cost_complete } }: { budget: NonNullable<RoomState["budget"]> }) {
  const t = useText(text);
  const format = useFormat();
  const written = {
    cost: format.dollars,
    tokens: (value: number) => format.number(value, 0),
    calls: (value: number) => format.number(value, 0),
    seconds: (value: number) => format.number(value / 60),
  };
  return (
    <Card title={t.budget.title}>
      {(["cost", "tokens", "calls", "seconds"] as const).map((name) => (
        <Meter
          key={name}
          label={t.budget[name]}
          value={used[name]}
          max={limits[name]}
          text={t.budget.of(written[name](used[name]), written[name](limits[name]))}
        />
      ))}
      {!cost_complete && <p className="small faint">{t.budget.atLeast}</p>}
    </Card>
  );
}
