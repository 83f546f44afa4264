import type { RoomSchedule } from "@hercules/client";
import { useHercules } from "@hercules/client/react";
import { useState } from "react";

import { href } from "../../app/route";
import { Button } from "../../design/Button";
import { Card } from "../../design/Card";
import { ProblemMessage } from "../../design/ProblemMessage";
import { useDoing } from "../../design/useDoing";
import { useLoaded } from "../../design/useLoaded";
import { useFormat, WEEKDAYS } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { Repeat } from "./Repeat";
import { Sure } from "./Sure";
import { text } from "./text";

const MOST = 5; // of a user, as the contract has it

/** Rooms that are opened by the clock: what, when, and what became of the last. */
export function Schedules() {
  const t = useText(text);
  const { schedules } = useHercules();
  const { value: all, fault, reload } = useLoaded(() => schedules.list(), []);
  const [isMaking, setIsMaking] = useState(false);
  const close = () => setIsMaking(false);
  return (
    <section className="stack" aria-label={t.schedules.title}>
      <h2>{t.schedules.title}</h2>
      <p className="faint">{t.schedules.lead}</p>
      {fault !== undefined && <ProblemMessage fault={fault} onRetry={reload} />}
      {all?.map((schedule) => (
        <Entry key={schedule.id} schedule={schedule} onChange={reload} />
      ))}
      {all && all.length < MOST && (
        <div>
          <Button icon="clock" onClick={() => setIsMaking(true)}>
            {t.schedules.add}
          </Button>
        </div>
      )}
      {isMaking && <Repeat onClose={close} onMade={() => (close(), reload())} />}
    </section>
  );
}

function Entry({ schedule, onChange }: { schedule: RoomSchedule; onChange(): void }) {
  const t = useText(text);
  const format = useFormat();
  const { schedules } = useHercules();
  const [doing, start] = useDoing<"pause" | "delete">();
  const [isAsked, setIsAsked] = useState(false);
  const { paused, task_prompt, last_error, last_room_id, next_at } = schedule;
  const change = (name: "pause" | "delete", work: () => Promise<unknown>) => void start(name, work).then(onChange);
  return (
    <Card label={task_prompt}>
      <p className="room-prompt">{task_prompt}</p>
      <p className="row small faint">
        <span>{useWhen(schedule)}</span>
        {paused ? (
          <span className="badge">{t.schedules.paused}</span>
        ) : (
          <span>{t.schedules.next(format.relative(next_at))}</span>
        )}
        {last_room_id && <a href={href("rooms", last_room_id)}>{t.schedules.last}</a>}
      </p>
      {last_error && <p className="small agent-fault">{t.schedules.refused[last_error] ?? t.schedules.refusedElse}</p>}
      <div className="card-actions">
        <Button
          icon={paused ? "play" : "pause"}
          isBusy={doing === "pause"}
          onClick={() => change("pause", () => schedules.change(schedule, { paused: !paused }))}
        >
          {paused ? t.actions.resume : t.actions.pause}
        </Button>
        <Button icon="trash" tone="quiet" onClick={() => setIsAsked(true)}>
          {t.actions.delete}
        </Button>
      </div>
      {isAsked && (
        <Sure
          title={t.actions.delete}
          words={t.schedules.deleteSure}
          isBusy={doing === "delete"}
          onClose={() => setIsAsked(false)}
          onYes={() => change("delete", () => schedules.delete(schedule))}
        />
      )}
    </Card>
  );
}

/** On Sunday and Wednesday at 18:00 (Europe/Berlin) */
function useWhen({ weekdays, at, time_zone }: RoomSchedule): string {
  const t = useText(text);
  const format = useFormat();
  const zone = time_zone.replaceAll("_", " ");
  return weekdays.length === WEEKDAYS.length
    ? t.schedules.daily(at, zone)
    : t.schedules.weekly(format.list(weekdays.map(format.weekday)), at, zone);
}
