/** The last events of a room, those before it was watched too. */
import type { Event, EventPage } from "./events.js";
import { type Observable, Store } from "./store.js";

/** Of which events these are. */
export interface Told {
  onEvent(listener: (event: Event) => void): () => void;
  read(after: number): Promise<EventPage>;
}

/** As many as a page has; who reads a log reads its end. */
const KEPT = 100;

/** Events by their order; while somebody watches them, they grow. */
export function logOf(told: Told): Observable<Event[]> {
  const store = new Store<Event[]>([], watched);
  let watchers = 0;
  let end = () => undefined as void;

  function add(events: Event[]): void {
    const known = new Map([...store.getSnapshot(), ...events].map((event) => [event.seq, event]));
    store.set([...known.values()].sort((one, other) => one.seq - other.seq).slice(-KEPT));
  }

  /** Behind a seq that is not there yet, the server tells only which the last one is. */
  async function readBefore(): Promise<void> {
    const { as_of } = await told.read(Number.MAX_SAFE_INTEGER);
    add((await told.read(Math.max(0, as_of - KEPT))).items);
  }

  function watched(): () => void {
    watchers += 1;
    if (watchers === 1) {
      end = told.onEvent((event) => add([event]));
      readBefore().catch(() => undefined); // the log of what comes from now on is there all the same
    }
    return () => {
      watchers -= 1;
      if (watchers === 0) {
        end();
      }
    };
  }
  return store;
}
