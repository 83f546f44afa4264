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

/** How rooms ended, and why. */
export function Rooms({ period }: { period: Period }) {
  const t = useText({ en, de });
  const { api } = useHercules();
  const [limit, setLimit] = useState(FEW);
  const query = { ...period, limit };
  const rooms = useLoaded(() => bodyOf(api.GET("/v1/operations/rooms", { params: { query } })), [limit]);
  return (
    <Shown of={rooms}>
      {({ days, items, next_cursor }) => (
        <div className="stack">
          <RoomPlots found={days} period={period} />
          {days.length > 0 && <Endings days={days} />}
          <h2>{t.newest}</h2>
          {items.length === 0 ? <p>{t.none}</p> : <RoomTable rooms={items} />}
          {next_cursor && <More limit={limit} onMore={setLimit} />}
        </div>
      )}
    </Shown>
  );
}

function RoomPlots({ found, period }: { found: readonly Schemas["DayOfRooms"][]; period: Period }) {
  const t = useText({ en, de });
  const format = useFormat();
  const days = daysOf(period);
  const labels = days.map((day) => format.day(day));
  const name = (one: Schemas["DayOfRooms"]) => t.statuses[one.status] ?? one.status;
  return (
    <div className="grid plots">
      <Card>
        <Plot title={t.roomsByDay} labels={labels} series={stacked(found, days, name, (one) => one.rooms)} />
      </Card>
      <Card>
        <Plot
          title={t.costByDay}
          unit={t.dollars}
          labels={labels}
          series={stacked(found, days, name, (one) => one.cost)}
        />
      </Card>
    </div>
  );
}

function Endings({ days }: { days: readonly Schemas["DayOfRooms"][] }) {
  const t = useText({ en, de });
  const format = useFormat();
  return (
    <Card title={t.byEnding}>
      <Table
        caption={t.byEnding}
        keyOf={(one) => one.day + one.status + one.status_reason}
        rows={days.slice(0, 60)}
        columns={[
          { title: t.day, cell: (one) => format.day(one.day) },
          { title: t.status, cell: (one) => <Status status={one.status} why={one.status_reason} /> },
          { title: t.count, isNumber: true, cell: (one) => format.number(one.rooms, 0) },
          { title: t.worked, isNumber: true, cell: (one) => t.seconds(format.number(one.worked_seconds, 0)) },
          { title: t.tokens, isNumber: true, cell: (one) => format.number(one.tokens, 0) },
          { title: t.cost, isNumber: true, cell: (one) => format.dollars(one.cost) },
        ]}
      />
    </Card>
  );
}

function RoomTable({ rooms }: { rooms: readonly Schemas["SeenRoom"][] }) {
  const t = useText({ en, de });
  const format = useFormat();
  return (
    <Table
      caption={t.newest}
      keyOf={(one) => one.id}
      rows={rooms}
      columns={[
        { title: t.room, cell: (one) => <a href={href("operations", "rooms", one.id)}>{one.id.slice(0, 8)}</a> },
        { title: t.when, cell: (one) => format.relative(one.created_at) },
        { title: t.status, cell: (one) => <Status status={one.status} why={one.status_reason} /> },
        { title: t.worked, isNumber: true, cell: (one) => t.seconds(format.number(one.worked_seconds, 0)) },
        { title: t.calls, isNumber: true, cell: (one) => format.number(one.calls, 0) },
        { title: t.tokens, isNumber: true, cell: (one) => format.number(one.tokens, 0) },
        { title: t.cost, isNumber: true, cell: (one) => format.dollars(one.cost) },
      ]}
    />
  );
}
