import { useHercules } from "@hercules/client/react";

import { bodyOf } from "../../app/body";
import type { Schemas } from "../../app/schemas";
import { Card } from "../../design/Card";
import { Plot } from "../../design/Plot";
import { Table } from "../../design/Table";
import { useLoaded } from "../../design/useLoaded";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { de } from "./de";
import { en } from "./en";
import { daysOf, type Period } from "./period";
import { Shown } from "./Shown";
import { stacked, sumBy } from "./sums";

type Rule = Schemas["RuleOfDay"];

/** How many answers each rule changed. */
export function Safety({ period }: { period: Period }) {
  const t = useText({ en, de });
  const format = useFormat();
  const { api } = useHercules();
  const safety = useLoaded(() => bodyOf(api.GET("/v1/operations/safety", { params: { query: period } })), []);
  const days = daysOf(period);
  return (
    <Shown of={safety}>
      {({ items }) =>
        items.length === 0 ? (
          <p>{t.none}</p>
        ) : (
          <div className="grid plots">
            <Card>
              <Plot
                title={t.safetyByDay}
                labels={days.map((day) => format.day(day))}
                series={stacked(
                  items,
                  days,
                  (one) => t.outcomes[one.outcome],
                  (one) => one.answers,
                )}
              />
            </Card>
            <Card title={t.rule}>
              <Rules items={items} />
            </Card>
          </div>
        )
      }
    </Shown>
  );
}

function Rules({ items }: { items: readonly Rule[] }) {
  const t = useText({ en, de });
  const format = useFormat();
  const sums = sumBy(
    items,
    (one) => `${one.rule}\n${t.outcomes[one.outcome]}`,
    (one) => one.answers,
  );
  const rows = [...sums].sort((one, other) => other[1] - one[1]);
  return (
    <Table
      caption={t.rule}
      keyOf={([name]) => name}
      rows={rows}
      columns={[
        { title: t.rule, cell: ([name]) => <code>{name.split("\n")[0]}</code> },
        { title: t.outcome, cell: ([name]) => name.split("\n")[1] },
        { title: t.answers, isNumber: true, cell: ([, count]) => format.number(count, 0) },
      ]}
    />
  );
}
