import { useHercules } from "@hercules/client/react";
import { useState } from "react";

import { bodyOf } from "../../app/body";
import { href } from "../../app/route";
import type { Schemas } from "../../app/schemas";
import { Card } from "../../design/Card";
import { Plot } from "../../design/Plot";
import { Table } from "../../design/Table";
import { useLoaded } from "../../design/useLoaded";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { de } from "./de";
import { en } from "./en";
import { FEW, More } from "./More";
import { daysOf, type Period } from "./period";
import { Shown } from "./Shown";
import { Status } from "./Status";
import { stacked } from "./sums";

type Day = Schemas["DayOfTurns"];

/** How turns ended, and how long they took. */
export function Turns({ period }: { period: Period }) {
  const t = useText({ en, de });
  const { api } = useHercules();
  const [limit, setLimit] = useState(FEW);
  const query = { ...period, limit };
  const turns = useLoaded(() => bodyOf(api.GET("/v1/operations/turns", { params: { query } })), [limit]);
  return (
    <Shown of={turns}>
      {({ days, items, next_cursor }) => (
        <div className="stack">
          <TurnPlots days={days} period={period} />
          {days.length > 0 && <Endings days={days} />}
          <h2>{t.newest}</h2>
          {items.length === 0 ? <p>{t.none}</p> : <TurnTable turns={items} />}
          {next_cursor && <More limit={limit} onMore={setLimit} />}
        </div>
      )}
    </Shown>
  );
}

function TurnPlots({ days: found, period }: { days: readonly Day[]; period: Period }) {
  const t = useText({ en, de });
  const format = useFormat();
  const days = daysOf(period);
  const labels = days.map((day) => format.day(day));
  const completed = new Map(found.filter((one) => one.status === "completed").map((one) => [one.day, one]));
  const times = (name: "first_token_ms_p50" | "first_token_ms_p95") =>
    days.map((day) => completed.get(day)?.[name] ?? null);
  return (
    <div className="grid plots">
      <Card>
        <Plot
          title={t.turnsByDay}
          labels={labels}
          series={stacked(
            found,
            days,
            (one) => t.statuses[one.status] ?? one.status,
            (one) => one.turns,
          )}
        />
      </Card>
      <Card>
        <Plot
          title={t.firstToken}
          unit={t.firstTokenUnit}
          labels={labels}
          series={[
            { label: t.half50, kind: "line", values: times("first_token_ms_p50") },
            { label: t.half95, kind: "line", values: times("first_token_ms_p95") },
          ]}
        />
      </Card>
    </div>
  );
}

function Endings({ days }: { days: readonly Day[] }) {
  const t = useText({ en, de });
  const format = useFormat();
  const number = (value: number | null) => (value === null ? "–" : format.number(value, 1));
  return (
    <Card title={t.byEnding}>
      <Table
        caption={t.byEnding}
        keyOf={(one) => one.day + one.status + one.error_code}
        rows={days.slice(0, 60)}
        columns={[
          { title: t.day, cell: (one) => format.day(one.day) },
          { title: t.status, cell: (one) => <Status status={one.status} why={one.error_code} /> },
          { title: t.count, isNumber: true, cell: (one) => number(one.turns) },
          { title: `${t.firstToken} (ms)`, isNumber: true, cell: (one) => number(one.first_token_ms_p50) },
          { title: t.wholeTime, isNumber: true, cell: (one) => number(one.seconds_p50) },
        ]}
      />
    </Card>
  );
}

function TurnTable({ turns }: { turns: readonly Schemas["SeenTurn"][] }) {
  const t = useText({ en, de });
  const format = useFormat();
  const number = (value: number | null) => (value === null ? "–" : format.number(value, 0));
  return (
    <Table
      caption={t.newest}
      keyOf={(one) => one.id}
      rows={turns}
      columns={[
        { title: t.turn, cell: (one) => <a href={href("operations", "turns", one.id)}>{one.id.slice(0, 8)}</a> },
        { title: t.when, cell: (one) => format.relative(one.started_at) },
        { title: t.status, cell: (one) => <Status status={one.status} why={one.error_code} /> },
        { title: t.model, cell: (one) => one.model ?? "–" },
        { title: "ms", isNumber: true, cell: (one) => number(one.first_token_ms) },
        { title: t.calls, isNumber: true, cell: (one) => number(one.model_calls) },
        { title: t.citations, isNumber: true, cell: (one) => number(one.citations) },
        { title: t.tokens, isNumber: true, cell: (one) => number(one.tokens) },
        { title: t.cost, isNumber: true, cell: (one) => (one.cost === null ? "–" : format.dollars(one.cost)) },
      ]}
    />
  );
}
