/** A task room: several agents at work, watched live, answered when they ask, and held, changed and gone on with. */
import { Agents } from "./agents.js";
import { Conflict } from "./errors.js";
import type { Event, EventPage, Preview } from "./events.js";
import { type DownloadOptions, downloadOf, type Sha256 } from "./files.js";
import { Followed, type Surroundings } from "./followed.js";
import { type Api, bodyOf } from "./http.js";
import { logOf } from "./room_log.js";
import { changeBy, hasEnded, LOADING, type RoomState, saysLess, stateOf } from "./room_state.js";
import { changesOf, type Observable } from "./store.js";
import type {
  DownloadableFile,
  FileCopy,
  FileExport,
  FollowUp,
  NewRoom,
  Room as StoredRoom,
  RoomAnswer,
  RoomFile,
  RoomPlanChange,
} from "./types.js";

/** With `approve_plan` a room waits, once planned, for `changePlan` and `resume`. */
export type RoomOptions = Partial<Omit<NewRoom, "task_prompt">>;

const KEY = /^[0-9a-f-]{36}$/;

export class Room extends Followed<RoomState> {
  /** The last 100 events, the oldest first. */
  readonly events: Observable<Event[]> = logOf(this);

  private readonly agents = new Agents();

  constructor(
    readonly id: string,
    private readonly api: Api,
    around: Surroundings,
    private readonly sha256: Sha256,
  ) {
    super(around, LOADING);
  }

  /** Each state that differs from the one before, from now on until the room has ended. */
  watch(): AsyncIterable<RoomState> {
    return changesOf(this.state, hasEnded);
  }

  /** Answer an agent's question; `inputId` says which: InputIdRequired is thrown where several may be meant. */
  answer(answer: string, inputId?: string): Promise<void> {
    return this.say({ answer, input_id: inputId });
  }

  /** Tell all agents something from now on. */
  steer(steer: string): Promise<void> {
    return this.say({ steer });
  }

  /** Raise the budget, give files, or several things at once. */
  say(body: RoomAnswer): Promise<void> {
    return this.change(async () => {
      const call = this.api.POST("/v1/rooms/{room_id}/answer", { params: this.params, body });
      return (await bodyOf(call)).room;
    });
  }

  /** Let no agent ask its model from now on; a call under way is finished. */
  hold(): Promise<void> {
    return this.setHold(true);
  }

  /** Let the agents go on, by the plan too that was to be approved. */
  resume(): Promise<void> {
    return this.setHold(false);
  }

  /** Change criteria, briefs, or take tasks out, before a plan that was to be approved is let run. */
  changePlan(body: RoomPlanChange): Promise<void> {
    return this.change(() => bodyOf(this.api.PATCH("/v1/rooms/{room_id}/plan", { params: this.params, body })));
  }

  /** End it; what is finished is kept. */
  cancel(): Promise<void> {
    return this.change(() => bodyOf(this.api.POST("/v1/rooms/{room_id}/cancel", { params: this.params })));
  }

  /** Do again what failed, and only that. */
  retry(): Promise<void> {
    return this.change(() => bodyOf(this.api.POST("/v1/rooms/{room_id}/retry", { params: this.params })));
  }

  /** Have a room that has ended worked on, with its files and a budget of its own: "make it shorter". */
  continue(followUp: string, options: Omit<FollowUp, "follow_up"> = {}): Promise<void> {
    const body = { ...options, follow_up: followUp };
    return this.change(() => bodyOf(this.api.POST("/v1/rooms/{room_id}/continue", { params: this.params, body })));
  }

  /** Let every signed-in user who knows the room's `room_id` watch it, or end that at once. */
  share(shared: boolean): Promise<void> {
    return this.change(() =>
      bodyOf(this.api.PUT("/v1/rooms/{room_id}/share", { params: this.params, body: { shared } })),
    );
  }

  /** Delete a room that has ended, with its files. */
  async delete(): Promise<void> {
    await this.api.DELETE("/v1/rooms/{room_id}", { params: this.params });
    this.close();
  }

  /** All files with their versions, the oldest first. */
  async files(): Promise<RoomFile[]> {
    return (await bodyOf(this.api.GET("/v1/rooms/{room_id}/files", { params: this.params }))).items;
  }

  /** A file with the URL from which it can be read for some minutes. */
  file(fileId: string, version?: number): Promise<DownloadableFile> {
    const params = { path: { room_id: this.id, file_id: fileId }, query: { version } };
    return bodyOf(this.api.GET("/v1/rooms/{room_id}/files/{file_id}", { params }));
  }

  /** A file's content, checked against its checksum. */
  async download(fileId: string, options: DownloadOptions & { version?: number } = {}): Promise<Uint8Array> {
    return downloadOf(await this.file(fileId, options.version), options, this.sha256);
  }

  /** A copy of a file in another form, by a URL from which it can be read for some minutes. */
  export(fileId: string, body: FileExport): Promise<FileCopy> {
    const params = { path: { room_id: this.id, file_id: fileId } };
    return bodyOf(this.api.POST("/v1/rooms/{room_id}/files/{file_id}/export", { params, body }));
  }

  // ------------------------------------------------------------------------------------------------ for the stream
  async reread(): Promise<number> {
    const snapshot = await bodyOf(this.api.GET("/v1/rooms/{room_id}", { params: this.params }));
    this.store.update(stateOf(snapshot));
    this.keep();
    return snapshot.as_of;
  }

  read(after: number): Promise<EventPage> {
    const params = { ...this.params, query: { after, limit: 100 } };
    return bodyOf(this.api.GET("/v1/rooms/{room_id}/events", { params }));
  }

  override preview(frame: Preview): void {
    if (frame.type !== "message.delta") {
      this.store.update({ agents: this.agents.take(frame) ?? this.store.getSnapshot().agents });
    }
  }

  override take(event: Event, isNew: boolean): void {
    super.take(event, isNew);
    if ("task" in event.data) {
      this.store.update({ agents: this.agents.end(event.data.task.id) });
    }
    if (isNew && saysLess(event)) {
      void this.stream?.reload();
    }
  }

  isBusy(): boolean {
    const { room } = this.store.getSnapshot();
    return room?.status === "processing" || room?.status === "pending";
  }

  /** Of the room's key: by the name to share it is found, but not told. */
  protected name(): string | Promise<string> {
    const key = KEY.test(this.id) ? this.id : this.store.getSnapshot().room?.id;
    return key ? `room:${key}` : this.reread().then(() => `room:${this.store.getSnapshot().room!.id}`);
  }

  protected changeBy(event: Event, before: RoomState): Partial<RoomState> {
    return changeBy(event, before);
  }

  protected override keptAs(): string {
    return `room:${this.id}`;
  }

  protected override kept({ room, tasks, files, messages, questions, review }: RoomState): Partial<RoomState> {
    return { room, tasks, files, messages, questions, review };
  }

  // ------------------------------------------------------------------------------------------------------------ within
  private setHold(paused: boolean): Promise<void> {
    return this.change(() =>
      bodyOf(this.api.PUT("/v1/rooms/{room_id}/hold", { params: this.params, body: { paused } })),
    );
  }

  /** Show the room as it is behind a change, and where it was not as the app thought. */
  private async change(call: () => Promise<StoredRoom>): Promise<void> {
    try {
      this.store.update({ room: await call() });
    } catch (refused) {
      if (refused instanceof Conflict) {
        void this.stream?.reload();
      }
      throw refused;
    }
    await this.stream?.reload();
  }

  private get params(): { path: { room_id: string } } {
    return { path: { room_id: this.id } };
  }
}
