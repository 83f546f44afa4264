import type { Event, RoomState } from "@hercules/client";
import { useRoomEvents } from "@hercules/client/react";

import { Card } from "../../design/Card";
import { useText } from "../../i18n/language";
import { text } from "./text";

const SHOWN = 40;

/** What has happened, the newest first. */
export function Events({ id, state }: { id: string; state: RoomState }) {
  const t = useText(text);
  const events = useRoomEvents(id);
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium", hourCycle: "h23" });
  return (
    <Card title={t.events.title} aside={state.isLive ? t.events.live : t.events.notLive} label={t.events.title}>
      <ol className="room-events" tabIndex={0} aria-label={t.events.title}>
        {[...events]
          .reverse()
          .slice(0, SHOWN)
          .map((event) => (
            <li key={event.seq}>
              <time dateTime={event.ts}>{clock.format(new Date(event.ts))}</time>
              <span>{saidOf(event, t)}</span>
            </li>
          ))}
      </ol>
    </Card>
  );
}

function saidOf(event: Event, t: (typeof text)["en"]): string {
  const what = t.events.said[event.type] ?? event.type;
  switch (event.type) {
    case "room.updated":
      return `${what}: ${t.states[event.data.room.status]}`;
    case "task.started":
    case "task.throttled":
    case "task.completed":
    case "task.failed":
      return `${what}: ${event.data.task.key}, ${t.roles[event.data.task.role] ?? ""}`;
    case "file.created":
      return `${what}: ${event.data.file.filename}, ${t.files.version(event.data.file.version)}`;
    case "input.requested":
    case "budget.reached":
      return `${what}: ${event.data.input.task_key}`;
    case "review.completed": {
      const { criteria } = event.data.review;
      return `${what}: ${criteria.filter((one) => one.met).length}/${criteria.length}`;
    }
    default:
      return what;
  }
}
