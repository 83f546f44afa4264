import type { Action } from "@hercules/client";

/** In one word, what became of it. */
export function stateOf(action: Action): string {
  if (action.undone_at) {
    return "undone";
  }
  if (action.decision === "expired" || (action.status === "pending" && hasExpired(action.expires_at))) {
    return "expired";
  }
  return action.status;
}

export const TONES: Record<string, string> = {
  pending: "wants",
  approved: "busy",
  executed: "good",
  failed: "bad",
};

export function mayBeUndone(action: Action): boolean {
  return action.status === "executed" && !action.undone_at && action.undo_until !== null;
}

export function hasExpired(when: string | null): boolean {
  return when !== null && new Date(when).getTime() < Date.now();
}
