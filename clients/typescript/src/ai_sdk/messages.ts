/** Stored messages as `useChat` takes them to begin with. */
import type { UIMessage } from "ai";

import { type Action, actionIdsOf, citationsOf, type Message } from "../types.js";
import { approvalIdOf, inputOf, sourceOf } from "./parts.js";

type UIPart = UIMessage["parts"][number];

/** A conversation's messages, the oldest first, with the proposals in them that still wait. */
export function toUIMessages(messages: Message[], pending: Action[] = []): UIMessage[] {
  return messages.filter(isShown).map((message) => ({
    id: message.id,
    role: message.role,
    metadata: { messageId: message.id, turnId: message.turn_id },
    parts: [
      { type: "text", text: message.content, state: "done" },
      ...citationsOf(message).map(sourceOf),
      ...actionIdsOf(message).flatMap((id) => pending.filter((action) => action.id === id).map(toolOf)),
    ],
  }));
}

function isShown(message: Message): message is Message & { role: "user" | "assistant" } {
  return message.role === "user" || message.role === "assistant";
}

function toolOf(action: Action): UIPart {
  return {
    type: "dynamic-tool",
    toolName: action.action_type,
    toolCallId: action.id,
    state: "approval-requested",
    input: inputOf(action),
    approval: { id: approvalIdOf(action) },
  };
}
