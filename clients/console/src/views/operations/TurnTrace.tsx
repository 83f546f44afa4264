import { useHercules } from "@hercules/client/react";

import { bodyOf } from "../../app/body";
import { href } from "../../app/route";
import type { Schemas } from "../../app/schemas";
import { Card } from "../../design/Card";
import { Table } from "../../design/Table";
import { useLoaded } from "../../design/useLoaded";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { de } from "./de";
import { en } from "./en";
import { Figures } from "./Figures";
import { Reservations } from "./Reservations";
import { Shown } from "./Shown";
import { Status } from "./Status";

/** One turn by its stages. */
export function TurnTrace({ id }: { id: string }) {
  const t = useText({ en, de });
  const { api } = useHercules();
  const params = { path: { turn_id: id } };
  const trace = useLoaded(() => bodyOf(api.GET("/v1/operations/turns/{turn_id}", { params })), []);
  return (
    <section className="stack">
      <div className="row">
        <a href={href("operations", "turns")}>{t.back}</a>
        <h2>
          {t.turn} <code>{id.slice(0, 8)}</code>
        </h2>
      </div>
      <Shown of={trace}>{(found) => <Trace trace={found} />}</Shown>
    </section>
  );
}

function Trace({ trace }: { trace: Schemas["TurnTrace"] }) {
  const t = useText({ en, de });
  const format = useFormat();
  const { turn, receipt, reservation, stages, actions } = trace;
  const number = (value: number | null) => (value === null ? "–" : format.number(value, 0));
  return (
    <>
      <Figures
        of={[
          [t.status, <Status key="status" status={turn.status} why={turn.error_code} />],
          [t.firstToken, turn.first_token_ms === null ? "–" : t.milliseconds(number(turn.first_token_ms))],
          [t.calls, number(turn.model_calls), turn.model],
          [t.passages, number(turn.passages)],
          [t.citations, number(turn.citations), turn.citations_dropped ? t.dropped(turn.citations_dropped) : undefined],
          [t.cost, turn.cost === null ? "–" : format.dollars(turn.cost)],
        ]}
      />
      <Stages stages={stages} />
      {reservation && <Reservations of={[reservation]} />}
      {actions.length > 0 && <Actions actions={actions} />}
      {receipt && (
        <Card title={t.receipt}>
          <Table
            caption={t.receipt}
            keyOf={([name]) => name}
            rows={Object.entries(receipt)}
            columns={[
              { title: t.field, cell: ([name]) => <code>{name}</code> },
              { title: t.value, cell: ([, value]) => <span className="said-of-it">{shown(value)}</span> },
            ]}
          />
        </Card>
      )}
    </>
  );
}

function shown(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "–");
}

/** As bars that begin where the stage before ended. */
function Stages({ stages }: { stages: readonly Schemas["TracedStage"][] }) {
  const t = useText({ en, de });
  const format = useFormat();
  const first = Date.parse(stages[0]?.at ?? "");
  const after = (at: string) => Math.max(0, Date.parse(at) - first);
  const whole = Math.max(1, ...stages.map((one) => after(one.at)));
  return (
    <Card title={t.trace}>
      <Table
        caption={t.trace}
        keyOf={(one) => one.stage}
        rows={stages}
        columns={[
          { title: t.stage, cell: (one) => t.stages[one.stage] ?? one.stage },
          { title: t.after, isNumber: true, cell: (one) => t.milliseconds(format.number(after(one.at), 0)) },
          {
            title: t.timeline,
            cell: (one) => <Bar from={0} until={after(one.at) / whole} />,
          },
        ]}
      />
    </Card>
  );
}

/** From one share of the whole time to another; the numbers stand beside it. */
export function Bar({ from, until }: { from: number; until: number }) {
  return (
    <span className="bar" aria-hidden="true">
      <span
        style={{ insetInlineStart: `${from * 100}%`, inlineSize: `max(3px, ${Math.max(0, until - from) * 100}%)` }}
      />
    </span>
  );
}

function Actions({ actions }: { actions: readonly Schemas["TracedAction"][] }) {
  const t = useText({ en, de });
  const format = useFormat();
  return (
    <Card title={t.actions}>
      <Table
        caption={t.actions}
        keyOf={(one) => one.id}
        rows={actions}
        columns={[
          { title: t.type, cell: (one) => <code>{one.action_type}</code> },
          { title: t.status, cell: (one) => <Status status={one.status} why={one.decision} /> },
          { title: t.when, cell: (one) => format.time(one.created_at) },
        ]}
      />
    </Card>
  );
}
