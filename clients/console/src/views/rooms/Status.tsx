import type { StoredRoom, Task } from "@hercules/client";

import { useText } from "../../i18n/language";
import { text } from "./text";

const TONES: Record<StoredRoom["status"] | Task["status"], string> = {
  pending: "",
  processing: "busy",
  active: "wants",
  completed: "good",
  failed: "bad",
  running: "busy",
  waiting: "wants",
  done: "good",
  skipped: "",
  cancelled: "",
};

type Shown = Pick<StoredRoom, "status" | "hold" | "throttled_until">;

/** A plan to be looked at waits for its owner, even while its first agents come to a halt. */
export function Status({ room, isReader }: { room: Shown; isReader?: boolean }) {
  const t = useText(text);
  const status = room.status === "processing" && room.hold === "plan" ? "active" : room.status;
  const words = isReader && status === "active" ? t.watcherWaits : t.states[status];
  return <span className={`badge ${TONES[status]}`}>{room.throttled_until ? t.throttled : words}</span>;
}

export function TaskStatus({ task }: { task: Task }) {
  const t = useText(text);
  const words = task.throttled_until ? t.throttled : t.taskStates[task.status];
  return <span className={`badge ${TONES[task.status]}`}>{words}</span>;
}
