/** A conversation: its state as it is now, and questions that are answered whatever the network does. */
import type { Answer } from "./answer.js";
import { asking, following } from "./asking.js";
import type { Event, EventPage, Preview as PreviewFrame } from "./events.js";
import { Followed, type Surroundings } from "./followed.js";
import { type Api, bodyOf } from "./http.js";
import { Preview } from "./preview.js";
import { changeBy, LOADING, type SessionState } from "./session_state.js";
import type { Shelf } from "./storage.js";
import { pause } from "./timing.js";
import type { Turn } from "./types.js";

export interface AskOptions {
  /** Of a question that was asked before, in whose place this one is asked. */
  replaces?: string;
  /** Makes a repetition of the same question harmless; made up where it is left out. */
  idempotencyKey?: string;
}

/** What an answer under way is told. */
export interface Follower {
  event(event: Event): void;
  preview(turnId: string, text: string): void;
  /** Events may have passed unseen. */
  reread(): void;
}

/** As many messages as the server sends with a conversation. */
const KEPT_MESSAGES = 50;

/** Milliseconds after which the server has most likely kept what it pushed. */
const KEPT_WITHIN = 500;

export class Session extends Followed<SessionState> {
  readonly shelf: Shelf;
  private readonly followers = new Set<Follower>();
  private older: string | null = null;
  private current: Preview | undefined;
  private filling: Promise<void> | undefined;

  constructor(
    readonly id: string,
    readonly api: Api,
    around: Surroundings,
  ) {
    super(around, LOADING);
    this.shelf = around.shelf;
  }

  /** Ask the coach. Iterate over the answer's parts, or await its message. */
  ask(content: string, options: AskOptions = {}): Answer {
    return asking(this, content, options);
  }

  /** An answer under way, from its beginning: of a question that was asked elsewhere, or before the app was closed. */
  answer(turnId: string): Answer {
    return following(this, turnId);
  }

  /** Stop the answer that is being written, whoever asked for it. */
  async stop(turnId = this.store.getSnapshot().turn?.id): Promise<void> {
    if (turnId) {
      const path = { session_id: this.id, turn_id: turnId };
      await this.api.POST("/v1/chat/sessions/{session_id}/turns/{turn_id}/cancel", { params: { path } });
    }
  }

  /** Put the page before the oldest message in front. */
  async loadOlder(): Promise<void> {
    if (this.older === null) {
      return;
    }
    const params = { path: { session_id: this.id }, query: { cursor: this.older } };
    const page = await bodyOf(this.api.GET("/v1/chat/sessions/{session_id}/messages", { params }));
    this.older = page.next_cursor;
    const messages = [...page.items.reverse(), ...this.store.getSnapshot().messages];
    this.store.update({ messages, hasOlder: this.older !== null });
  }

  async rename(title: string): Promise<void> {
    const params = { path: { session_id: this.id } };
    const session = await bodyOf(this.api.PATCH("/v1/chat/sessions/{session_id}", { params, body: { title } }));
    this.store.update({ session });
  }

  async delete(): Promise<void> {
    await this.api.DELETE("/v1/chat/sessions/{session_id}", { params: { path: { session_id: this.id } } });
  }

  /** Tell an answer under way what happens; returns what ends that. */
  follow(follower: Follower): () => void {
    const end = this.use();
    this.followers.add(follower);
    return () => {
      this.followers.delete(follower);
      end();
    };
  }

  /** Show which questions wait for a network. */
  async showUnsent(): Promise<void> {
    const unsent = (await this.shelf.unsent()).filter((one) => one.sessionId === this.id);
    this.store.update({ unsent });
  }

  /** What the server has kept of an answer that is still being written. */
  partly(turn: Turn): void {
    const preview = this.previewOf(turn.id);
    preview.replace(turn.partial_content ?? "");
    this.show(preview);
  }

  // ---------------------------------------------------------------------------------------------- what the stream says
  async reread(): Promise<number> {
    const params = { path: { session_id: this.id } };
    const snapshot = await bodyOf(this.api.GET("/v1/chat/sessions/{session_id}", { params }));
    this.older = snapshot.next_cursor;
    const turn = snapshot.running_turn ?? undefined;
    this.store.update({
      status: "ready",
      error: undefined,
      session: snapshot.session,
      messages: snapshot.messages.reverse(),
      hasOlder: this.older !== null,
      turn,
      preview: "",
      pendingActions: snapshot.pending_actions,
      usage: snapshot.usage,
    });
    if (turn) {
      this.partly(turn);
    }
    this.followers.forEach((follower) => follower.reread());
    this.keep();
    return snapshot.as_of;
  }

  read(after: number): Promise<EventPage> {
    const params = { path: { session_id: this.id }, query: { after, limit: 100 } };
    return bodyOf(this.api.GET("/v1/chat/sessions/{session_id}/events", { params }));
  }

  override take(event: Event, isNew: boolean): void {
    super.take(event, isNew);
    if (event.type === "turn.failed" && event.data.turn.replaces) {
      void this.stream?.reload(); // what it was to replace stands again
    }
    this.followers.forEach((follower) => follower.event(event));
  }

  override preview(frame: PreviewFrame): void {
    if (frame.type !== "message.delta") {
      return;
    }
    const delta = frame.data;
    const preview = this.previewOf(delta.turn_id);
    preview.add(delta);
    this.show(preview);
    if (preview.hasHole) {
      void this.fill(preview);
    }
  }

  isBusy(): boolean {
    return this.store.getSnapshot().turn !== undefined;
  }

  protected name(): string {
    return `session:${this.id}`;
  }

  protected override keptAs(): string {
    return this.name();
  }

  protected override kept({ session, messages, pendingActions }: SessionState): Partial<SessionState> {
    return { session, messages: messages.slice(-KEPT_MESSAGES), pendingActions };
  }

  protected changeBy(event: Event, before: SessionState): Partial<SessionState> {
    return changeBy(event, before);
  }

  // ------------------------------------------------------------------------------------------------------------ within
  private previewOf(turnId: string): Preview {
    if (this.current?.of !== turnId) {
      this.current = new Preview(turnId);
    }
    return this.current;
  }

  private show(preview: Preview): void {
    const { turn } = this.store.getSnapshot();
    if (turn?.id === preview.of) {
      this.store.update({ preview: preview.text });
    }
    this.followers.forEach((follower) => follower.preview(preview.of, preview.text));
  }

  /** Pieces of a preview were missed: the server keeps what was said so far, a moment later. */
  private fill(preview: Preview): Promise<void> {
    this.filling ??= pause(KEPT_WITHIN)
      .then(() => readTurn(this, preview.of))
      .then((turn) => {
        if (turn.status === "running") {
          this.partly(turn);
        }
      })
      .catch(() => undefined) // the message brings it all
      .finally(() => {
        this.filling = undefined;
      });
    return this.filling;
  }
}

export function readTurn(session: Session, turnId: string) {
  const path = { session_id: session.id, turn_id: turnId };
  return bodyOf(session.api.GET("/v1/chat/sessions/{session_id}/turns/{turn_id}", { params: { path } }));
}
