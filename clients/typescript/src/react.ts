/** React hooks: each keeps what it shows up to date while it is mounted. */
import { createContext, createElement, type ReactNode, useContext, useSyncExternalStore } from "react";

import type { Hercules } from "./client.js";
import type { Event } from "./events.js";
import type { InboxState } from "./inbox.js";
import type { RoomState } from "./room_state.js";
import type { SessionState } from "./session_state.js";
import type { Observable } from "./store.js";

const Context = createContext<Hercules | undefined>(undefined);

/** Gives the client to all hooks below it. */
export function HerculesProvider({ client, children }: { client: Hercules; children?: ReactNode }): ReactNode {
  return createElement(Context.Provider, { value: client }, children);
}

export function useHercules(): Hercules {
  const client = useContext(Context);
  if (!client) {
    throw new Error("useHercules is used outside a HerculesProvider.");
  }
  return client;
}

/** A conversation as it is now. */
export function useSession(id: string): SessionState {
  return useObservable(useHercules().session(id).state);
}

/** A task room as it is now. */
export function useRoom(id: string): RoomState {
  return useObservable(useHercules().room(id).state);
}

/** The last 100 events of a task room. */
export function useRoomEvents(id: string): Event[] {
  return useObservable(useHercules().room(id).events);
}

/** What waits for the user, the newest rooms, and the week's usage. */
export function useInbox(): InboxState {
  return useObservable(useHercules().inbox.state);
}

export function useObservable<Value>(watched: Observable<Value>): Value {
  return useSyncExternalStore(watched.subscribe, watched.getSnapshot, watched.getSnapshot);
}
