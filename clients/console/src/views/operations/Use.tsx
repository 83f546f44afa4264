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
import { Figures } from "./Figures";
import { daysOf, type Period } from "./period";
import { Shown } from "./Shown";
import { largest, stacked, sumBy } from "./sums";

type Day = Schemas["DayOfUse"];

/** What was used and what it cost: the sums are those of the ledger. */
export function Use({ period }: { period: Period }) {
  const { api } = useHercules();
  const use = useLoaded(() => bodyOf(api.GET("/v1/operations/usage", { params: { query: period } })), []);
  return <Shown of={use}>{(found) => <UseOfPeriod found={found} period={period} />}</Shown>;
}

function UseOfPeriod({ found, period }: { found: Schemas["UseOfPeriod"]; period: Period }) {
  const t = useText({ en, de });
  const format = useFormat();
  const { total, items, left_out, deleted_accounts } = found;
  const number = (value: number) => format.number(value, 0);
  return (
    <div className="stack">
      <Figures
        of={[
          [t.cost, format.dollars(total.cost), total.cost_complete ? undefined : t.lowerBound],
          [t.uncharged, format.dollars(total.cost_uncharged)],
          [t.tokens, number(total.tokens)],
          [t.messages, number(total.messages)],
          [t.uses, number(total.uses)],
        ]}
      />
      {items.length === 0 ? <p>{t.none}</p> : <UsePlots items={items} period={period} />}
      {left_out > 0 && <p className="faint">{t.leftOut(left_out)}</p>}
      {items.length > 0 && (
        <div className="grid">
          <SumTable title={t.byModel} items={items} columns={[[t.model, (one) => one.model]]} />
          <SumTable
            title={t.byPlan}
            items={items}
            columns={[
              [t.plan, (one) => one.plan],
              [t.half, (one) => t.halves[one.half]],
            ]}
          />
        </div>
      )}
      {deleted_accounts.length > 0 && (
        <Card title={t.deleted}>
          <Table
            caption={t.deleted}
            keyOf={(one) => one.week + one.model}
            rows={deleted_accounts}
            columns={[
              { title: t.week, cell: (one) => format.date(one.week) },
              { title: t.model, cell: (one) => one.model },
              { title: t.uses, isNumber: true, cell: (one) => number(one.uses) },
              { title: t.tokens, isNumber: true, cell: (one) => number(one.tokens) },
              { title: t.cost, isNumber: true, cell: (one) => format.dollars(one.cost) },
            ]}
          />
        </Card>
      )}
    </div>
  );
}

function UsePlots({ items, period }: { items: readonly Day[]; period: Period }) {
  const t = useText({ en, de });
  const format = useFormat();
  const days = daysOf(period);
  const labels = days.map((day) => format.day(day));
  const named = largest(
    sumBy(
      items,
      (one) => one.model,
      (one) => one.cost,
    ),
    t.others,
  );
  return (
    <div className="grid plots">
      <Card>
        <Plot
          title={t.costByDay}
          unit={t.dollars}
          labels={labels}
          series={stacked(
            items,
            days,
            (one) => named(one.model),
            (one) => one.cost,
          )}
        />
      </Card>
      <Card>
        <Plot
          title={t.usesByDay}
          labels={labels}
          series={stacked(
            items,
            days,
            (one) => t.halves[one.half],
            (one) => one.uses,
          )}
        />
      </Card>
    </div>
  );
}

function SumTable(props: {
  title: string;
  items: readonly Day[];
  columns: readonly [title: string, of: (one: Day) => string][];
}) {
  const { title, items, columns } = props;
  const t = useText({ en, de });
  const format = useFormat();
  const key = (one: Day) => columns.map(([, of]) => of(one)).join("\n");
  const [costs, tokens, uses] = (["cost", "tokens", "uses"] as const).map((name) =>
    sumBy(items, key, (one) => one[name]),
  );
  const rows = [...(costs ?? [])].sort((one, other) => other[1] - one[1]).map(([name]) => name);
  return (
    <Card title={title}>
      <Table
        caption={title}
        keyOf={(row) => row}
        rows={rows}
        columns={[
          ...columns.map(([title], at) => ({ title, cell: (row: string) => row.split("\n")[at] })),
          { title: t.uses, isNumber: true, cell: (row) => format.number(uses?.get(row) ?? 0, 0) },
          { title: t.tokens, isNumber: true, cell: (row) => format.number(tokens?.get(row) ?? 0, 0) },
          { title: t.cost, isNumber: true, cell: (row) => format.dollars(costs?.get(row) ?? 0) },
        ]}
      />
    </Card>
  );
}
