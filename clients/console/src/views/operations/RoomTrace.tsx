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
import { Bar } from "./TurnTrace";

type Trace = Schemas["RoomTrace"];

/** One room by its tasks, calls, waits, files and events. */
export function RoomTrace({ id }: { id: string }) {
  const t = useText({ en, de });
  const { api } = useHercules();
  const params = { path: { room_id: id } };
  const trace = useLoaded(() => bodyOf(api.GET("/v1/operations/rooms/{room_id}", { params })), []);
  return (
    <section className="stack">
      <div className="row">
        <a href={href("operations", "rooms")}>{t.back}</a>
        <h2>
          {t.room} <code>{id.slice(0, 8)}</code>
        </h2>
      </div>
      <Shown of={trace}>{(found) => <Traced trace={found} />}</Shown>
    </section>
  );
}

function Traced({ trace }: { trace: Trace }) {
  const t = useText({ en, de });
  const format = useFormat();
  const { room, reservations, tasks, calls, inputs, files, events } = trace;
  const keys = new Map(tasks.map((task) => [task.id, task.key]));
  const nameOf = (id: string | null) => (id && keys.get(id)) ?? t.planning;
  return (
    <>
      <Figures
        of={[
          [t.status, <Status key="status" status={room.status} why={room.status_reason} />],
          [t.worked, t.seconds(format.number(room.worked_seconds, 1))],
          [t.calls, format.number(room.calls, 0), room.llm_used],
          [t.tokens, format.number(room.tokens, 0)],
          [t.cost, format.dollars(room.cost)],
        ]}
      />
      <Tasks trace={trace} />
      <Reservations of={reservations} />
      <Card title={t.callsOf}>
        <Table
          caption={t.callsOf}
          keyOf={(one) => `${one.task_id} ${one.attempt} ${one.step}`}
          rows={calls}
          columns={[
            { title: t.when, cell: (one) => format.time(one.at) },
            { title: t.task, cell: (one) => nameOf(one.task_id) },
            { title: t.agent, cell: (one) => one.agent },
            { title: t.step, cell: (one) => one.step },
            { title: t.model, cell: (one) => one.model ?? "–" },
            { title: t.tokens, isNumber: true, cell: (one) => format.number(one.tokens ?? 0, 0) },
          ]}
        />
      </Card>
      {inputs.length > 0 && (
        <Card title={t.waits}>
          <Table
            caption={t.waits}
            keyOf={(one) => one.task_id + one.asked_at}
            rows={inputs}
            columns={[
              { title: t.task, cell: (one) => nameOf(one.task_id) },
              { title: t.kind, cell: (one) => <code>{one.kind}</code> },
              { title: t.began, cell: (one) => format.time(one.asked_at) },
              { title: t.answered, cell: (one) => (one.answered_at ? format.time(one.answered_at) : "–") },
            ]}
          />
        </Card>
      )}
      <Files files={files} nameOf={nameOf} />
      <Events events={events} />
    </>
  );
}

function Tasks({ trace: { room, tasks } }: { trace: Trace }) {
  const t = useText({ en, de });
  const format = useFormat();
  const times = tasks.flatMap((one) => [one.started_at, one.ended_at]).filter((at) => at !== null);
  const first = Date.parse(room.created_at);
  const whole = Math.max(1, ...times.map((at) => Date.parse(at) - first));
  const share = (at: string | null) => (at === null ? 1 : Math.max(0, (Date.parse(at) - first) / whole));
  return (
    <Card title={t.tasks}>
      <Table
        caption={t.tasks}
        keyOf={(one) => one.id}
        rows={tasks}
        columns={[
          { title: t.task, cell: (one) => one.key },
          { title: t.role, cell: (one) => one.role },
          { title: t.status, cell: (one) => <Status status={one.status} why={one.error_code} /> },
          {
            title: t.timeline,
            cell: (one) => one.started_at && <Bar from={share(one.started_at)} until={share(one.ended_at)} />,
          },
          { title: t.took, isNumber: true, cell: (one) => t.seconds(format.number(lasted(one), 1)) },
          { title: t.attempts, isNumber: true, cell: (one) => one.attempts },
          { title: t.calls, isNumber: true, cell: (one) => one.calls },
          { title: t.tokens, isNumber: true, cell: (one) => format.number(one.tokens, 0) },
          { title: t.cost, isNumber: true, cell: (one) => format.dollars(one.cost) },
        ]}
      />
    </Card>
  );
}

/** Seconds from its beginning to its end. */
function lasted({ started_at, ended_at }: Schemas["TracedTask"]): number {
  return started_at && ended_at ? (Date.parse(ended_at) - Date.parse(started_at)) / 1000 : 0;
}

function Files({ files, nameOf }: { files: Trace["files"]; nameOf(id: string | null): string }) {
  const t = useText({ en, de });
  const format = useFormat();
  return files.length === 0 ? null : (
    <Card title={t.files}>
      <Table
        caption={t.files}
        keyOf={(_, at) => at}
        rows={files}
        columns={[
          { title: t.task, cell: (one) => nameOf(one.task_id) },
          { title: t.type, cell: (one) => <code>{one.mime}</code> },
          { title: t.size, isNumber: true, cell: (one) => format.number(one.size, 0) },
          { title: t.when, cell: (one) => format.time(one.created_at) },
        ]}
      />
    </Card>
  );
}

function Events({ events }: { events: Trace["events"] }) {
  const t = useText({ en, de });
  const format = useFormat();
  return events.length === 0 ? null : (
    <details>
      <summary>
        {t.events} ({events.length})
      </summary>
      <Table
        caption={t.events}
        keyOf={(one) => one.seq}
        rows={events}
        columns={[
          { title: t.number, isNumber: true, cell: (one) => one.seq },
          { title: t.type, cell: (one) => <code>{one.type}</code> },
          { title: t.when, cell: (one) => format.time(one.at) },
        ]}
      />
    </details>
  );
}
