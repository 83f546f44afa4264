/** Proposals as interrupts. The interrupt's id carries the version that is shown: only that is approved. */
import type { Interrupt } from "@ag-ui/client";

import type { Action } from "../types.js";

const RESPONSE = {
  type: "object",
  properties: {
    approved: { type: "boolean" },
    edited: { type: "object", description: "Replaces what was proposed." },
    reason: { type: "string", description: "Why it is declined; the coach is told." },
  },
  required: ["approved"],
};

export function interruptOf(action: Action): Interrupt {
  return {
    id: `${action.id}:${action.version}`,
    reason: "approval",
    message: `Approve ${action.action_type}?`,
    toolCallId: action.id,
    responseSchema: RESPONSE,
    expiresAt: action.expires_at,
    metadata: { preview: action.preview, payload: action.payload },
  };
}

/** The action and its version that an interrupt showed. */
export function seenBy(interruptId: string): Pick<Action, "id" | "version"> {
  const [id = "", version] = interruptId.split(":");
  return { id, version: Number(version) };
}
