/** Events and frames, as sockets and list_events bring them. Types that are not known are passed over. */
import type { components as frames } from "./generated/frames.js";
import type { components } from "./generated/openapi.js";

export type Event = components["schemas"]["Event"];

/** Events behind a seq, at most a page. */
export type EventPage = components["schemas"]["Events"];

/** A piece of an answer that is still being written. */
export type Delta = frames["schemas"]["Delta"];

/** A piece of what an agent of a room says or writes. */
export type AgentDelta = frames["schemas"]["AgentDelta"];

/** An agent of a room calls a tool. */
export type AgentCalled = frames["schemas"]["AgentCalled"];

/** What is shown while it is made: it has no seq, is not kept, and may be lost. */
export type Preview = frames["schemas"]["MessageDelta"] | AgentDelta | AgentCalled;

/** What a socket brings, before it is known to be one of the contract's frames. */
export interface Frame {
  type: string;
  stream?: string;
  seq?: number;
  as_of?: number;
  code?: string;
  id?: string | null;
  data?: Record<string, unknown>;
}
