import { useInbox } from "@hercules/client/react";

import { Meter } from "../design/Meter";
import { useFormat } from "../i18n/format";
import { useText } from "../i18n/language";
import { shellText } from "../i18n/text";

/** What is used of this week, live; `isWhole` shows tokens and dollars too. */
export function WeekMeter({ isWhole }: { isWhole?: boolean }) {
  const t = useText(shellText).week;
  const format = useFormat();
  const { usage } = useInbox();
  if (!usage) {
    return null;
  }
  const number = (value: number) => format.number(value, 0);
  return (
    <div className="week">
      <Meter
        label={isWhole ? t.messages : t.title}
        value={usage.messages_used}
        max={usage.messages_limit}
        text={t.of(number(usage.messages_used), number(usage.messages_limit))}
      />
      {isWhole && (
        <>
          <Meter
            label={t.tokens}
            value={usage.tokens_used}
            max={usage.tokens_limit}
            text={t.of(number(usage.tokens_used), number(usage.tokens_limit))}
          />
          <Meter
            label={t.cost}
            value={usage.cost_used}
            max={usage.cost_limit}
            text={t.of(format.dollars(usage.cost_used), format.dollars(usage.cost_limit))}
          />
          <p className="faint small">{t.resets(format.time(usage.resets_at), usage.plan)}</p>
        </>
      )}
    </div>
  );
}
