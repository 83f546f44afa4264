/** What concerns the user over all conversations and rooms: proposals and rooms that wait, and the week's usage. */
import type { Event, EventPage } from "./events.js";
import { Followed, type FollowedState, type Surroundings, withOne } from "./followed.js";
import { type Api, bodyOf } from "./http.js";
import type { Action, Room, Usage } from "./types.js";

export interface InboxState extends FollowedState {
  /** The soonest to expire first. */
  pendingActions: Action[];
  /** The newest; one that is `active` waits for the user. */
  rooms: Room[];
  usage?: Usage;
}

/** Rooms, among which are those that wait: a page's most. */
const NEWEST = 100;

export class Inbox extends Followed<InboxState> {
  constructor(
    private readonly api: Api,
    around: Surroundings,
  ) {
    super(around, { status: "loading", isLive: false, pendingActions: [], rooms: [] });
  }

  async reread(): Promise<number> {
    const { as_of } = await this.read(Number.MAX_SAFE_INTEGER);
    const query = { status: "pending" as const, limit: 100 };
    const [actions, rooms, usage] = await Promise.all([
      bodyOf(this.api.GET("/v1/actions", { params: { query } })),
      bodyOf(this.api.GET("/v1/rooms", { params: { query: { limit: NEWEST } } })),
      bodyOf(this.api.GET("/v1/usage")),
    ]);
    this.store.update({ status: "ready", error: undefined, pendingActions: actions.items, rooms: rooms.items, usage });
    return as_of;
  }

  read(after: number): Promise<EventPage> {
    return bodyOf(this.api.GET("/v1/events", { params: { query: { after, limit: 100 } } }));
  }

  override take(event: Event, isNew: boolean): void {
    super.take(event, isNew);
    if (isNew && event.type === "room.updated" && !this.knows(event.data.room.id)) {
      void this.stream?.reload();
    }
  }

  isBusy(): boolean {
    return false;
  }

  protected async name(): Promise<string> {
    return (await this.read(Number.MAX_SAFE_INTEGER)).stream;
  }

  protected changeBy(event: Event, before: InboxState): Partial<InboxState> {
    if (event.type === "usage.updated") {
      return { usage: event.data.usage };
    }
    if (event.type === "room.updated") {
      const { room } = event.data;
      return { rooms: before.rooms.map((one) => (one.id === room.id ? { ...one, ...room } : one)) };
    }
    if (!("action" in event.data)) {
      return {};
    }
    const actions = withOne(before.pendingActions, event.data.action);
    return { pendingActions: actions.filter((action) => action.status === "pending") };
  }

  private knows(roomId: string): boolean {
    return this.store.getSnapshot().rooms.some((room) => room.id === roomId);
  }
}
