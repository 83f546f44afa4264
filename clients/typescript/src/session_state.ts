/** All that is shown of a conversation, and what each event changes of it. */
import type { Event } from "./events.js";
import { type FollowedState, withOne } from "./followed.js";
import type { Unsent } from "./storage.js";
import type { Action, Message, Session, Turn, Usage } from "./types.js";

export interface SessionState extends FollowedState {
  session?: Session;
  /** The oldest first. */
  messages: Message[];
  /** Whether `loadOlder` would bring more. */
  hasOlder: boolean;
  /** The turn that is being answered. */
  turn?: Turn;
  /** What is to be shown of its answer. */
  preview: string;
  /** Proposals that wait for the user's decision. */
  pendingActions: Action[];
  /** Questions that wait for a network; only where there is a storage to keep them in. */
  unsent: Unsent[];
  /** Of the week, when the state was last read as a whole. */
  usage?: Usage;
}

export const LOADING: SessionState = {
  status: "loading",
  isLive: false,
  messages: [],
  hasOlder: false,
  preview: "",
  pendingActions: [],
  unsent: [],
};

/** What an event changes of a conversation. */
export function changeBy(event: Event, before: SessionState): Partial<SessionState> {
  switch (event.type) {
    case "turn.started":
      return { turn: event.data.turn, preview: "", messages: asked(before.messages, event.data) };
    case "message.completed":
      return { messages: withMessage(before.messages, event.data.message), preview: "" };
    case "turn.completed":
    case "turn.cancelled":
    case "turn.failed":
      return before.turn?.id === event.data.turn.id ? { turn: undefined, preview: "" } : {};
    case "action.pending":
    case "action.decided":
    case "action.executed":
    case "action.failed":
    case "action.expired":
    case "action.undone":
      return { pendingActions: withOne(before.pendingActions, event.data.action).filter(isPending) };
    default:
      return {};
  }
}

function asked(messages: Message[], { turn, message }: { turn: Turn; message: Message | null }): Message[] {
  const replaced = messages.findIndex((one) => one.id === turn.replaces);
  return withMessage(replaced < 0 ? messages : messages.slice(0, replaced), message);
}

/** An event of long ago may tell of a message that is no more. */
function withMessage(messages: Message[], message: Message | null): Message[] {
  return message ? withOne(messages, message) : messages;
}

function isPending(action: Action): boolean {
  return action.status === "pending";
}
