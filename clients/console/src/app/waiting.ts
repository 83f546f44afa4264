import type { StoredRoom } from "@hercules/client";

/** For its owner: an answer, more budget, or a yes to its plan, even while its first agents come to a halt. */
export function isWaiting(room: StoredRoom): boolean {
  return room.status === "active" || (room.hold === "plan" && !room.ended_at);
}
