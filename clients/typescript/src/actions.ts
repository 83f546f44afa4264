/** What the coach proposes. Nothing happens before the user approves the version that was shown. */
import { type Api, bodyOf } from "./http.js";
import type { Action } from "./types.js";

/** An action as it was shown. */
export type Seen = Pick<Action, "id" | "version">;

export class Actions {
  constructor(private readonly api: Api) {}

  /** The soonest to expire first; all that wait, or with another status. */
  async list(status: Action["status"] = "pending"): Promise<Action[]> {
    return (await bodyOf(this.api.GET("/v1/actions", { params: { query: { status, limit: 100 } } }))).items;
  }

  /**
   * Carry out what the user saw, once; `edited` replaces what was proposed.
   *
   * Rejects with StaleProposal where what it changes has changed meanwhile: its `action` has the fresh preview to show.
   */
  approve(seen: Seen, edited?: Record<string, unknown>): Promise<Action> {
    const body = { version: seen.version, ...(edited && { edited_payload: edited }) };
    return bodyOf(this.api.POST("/v1/actions/{action_id}/approve", { params: at(seen), body }));
  }

  /** Decline it; the coach is told the reason. */
  reject(seen: Seen, reason?: string): Promise<Action> {
    return bodyOf(this.api.POST("/v1/actions/{action_id}/reject", { params: at(seen), body: { reason } }));
  }

  /** Write back what there was before, until `undo_until`. */
  undo(done: Pick<Action, "id">): Promise<Action> {
    return bodyOf(this.api.POST("/v1/actions/{action_id}/undo", { params: at(done) }));
  }
}

function at(action: Pick<Action, "id">): { path: { action_id: string } } {
  return { path: { action_id: action.id } };
}
