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

/** A plan to be looked at waits for its owner, even while its first agents come to a halt. */
export function Status({ room, isReader }: { room: Pick<StoredRoom, "status" | "hold">; isReader?: boolean }) {
  const t = useText(text);
  const status = room.status === "processing" && room.hold === "plan" ? "active" : room.status;
  const words = isReader && status === "active" ? t.watcherWaits : t.states[status];
  return <span className={`badge ${TONES[status]}`}>{words}</span>;
}

export function TaskStatus({ task }: { task: Task }) {
  const t = useText(text);
  return <span className={`badge ${TONES[task.status]}`}>{t.taskStates[task.status]}</span>;
}
