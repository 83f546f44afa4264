/** A thing with a stream of events, whose state is kept up to date while anybody watches it. */
import type { HerculesError } from "./errors.js";
import type { Event, EventPage, Preview } from "./events.js";
import type { Socket } from "./realtime/socket.js";
import { type Reader, Stream } from "./realtime/stream.js";
import type { Shelf } from "./storage.js";
import { type Observable, Store } from "./store.js";

export interface FollowedState {
  status: "loading" | "ready" | "failed";
  /** Whether changes come at once; else they are looked for every few seconds. */
  isLive: boolean;
  /** Why it cannot be followed. */
  error?: HerculesError;
}

/** What every followed thing needs of the client. */
export interface Surroundings {
  socket: Socket;
  shelf: Shelf;
}

/** Milliseconds in which changes are written to the device together. */
const KEPT_WITHIN = 500;

export abstract class Followed<State extends FollowedState> implements Reader {
  protected readonly store: Store<State>;
  protected stream: Stream | undefined;
  private readonly listeners = new Set<(event: Event) => void>();
  private users = 0;
  private keeping: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly around: Surroundings,
    initial: State,
  ) {
    this.store = new Store(initial, () => this.use());
  }

  /** All that an app shows of it. */
  get state(): Observable<State> {
    return this.store;
  }

  get isLive(): boolean {
    return this.store.getSnapshot().isLive;
  }

  /** Resolves once changes come at once, or when that takes longer than some milliseconds. */
  async liveWithin(milliseconds: number): Promise<void> {
    if (this.isLive) {
      return;
    }
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        end();
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      const end = this.state.subscribe(() => this.isLive && done());
    });
  }

  /** Hear each event once and in order, from now on; returns what ends that. */
  onEvent(listener: (event: Event) => void): () => void {
    const end = this.use();
    const own = (event: Event) => listener(event);
    this.listeners.add(own);
    return () => {
      if (this.listeners.delete(own)) {
        end();
      }
    };
  }

  /** Follow it no longer, whoever watches. */
  close(): void {
    this.stream?.stop();
  }

  // ------------------------------------------------------------------------------------------------ for the stream
  abstract reread(): Promise<number>;
  abstract read(after: number): Promise<EventPage>;
  abstract isBusy(): boolean;

  take(event: Event, isNew: boolean): void {
    if (isNew) {
      this.store.update(this.changeBy(event, this.store.getSnapshot()));
      this.keep();
    }
    this.listeners.forEach((listener) => listener(event));
  }

  preview(_frame: Preview): void {}

  live(isLive: boolean): void {
    this.store.update({ isLive } as Partial<State>);
  }

  failed(error: HerculesError): void {
    this.store.update({ status: "failed", error } as Partial<State>);
  }

  // ---------------------------------------------------------------------------------------- for what it is made into
  /** What an event changes. */
  protected abstract changeBy(event: Event, before: State): Partial<State>;

  /** The name of the stream, or where that is to be asked for, the promise of it. */
  protected abstract name(): string | Promise<string>;

  /** Under which name the state is written to the device; undefined: it is not. */
  protected keptAs(): string | undefined {
    return undefined;
  }

  /** What of the state is shown when the app is opened without a network; undefined: nothing. */
  protected kept(_state: State): Partial<State> | undefined {
    return undefined;
  }

  /** Write the state to the device, where there is a storage. */
  protected keep(): void {
    const name = this.keptAs();
    if (this.around.shelf.isThere && name) {
      clearTimeout(this.keeping);
      this.keeping = setTimeout(
        () => void this.around.shelf.set(name, this.kept(this.store.getSnapshot())),
        KEPT_WITHIN,
      );
    }
  }

  private async restore(): Promise<void> {
    const name = this.keptAs();
    const kept = name ? await this.around.shelf.get<Partial<State>>(name) : undefined;
    if (kept && this.store.getSnapshot().status === "loading") {
      this.store.update({ ...kept, status: "ready" } as Partial<State>);
    }
  }

  /** Keep the state up to date; returns what ends that. */
  protected use(): () => void {
    this.users += 1;
    if (this.users === 1) {
      if (!this.stream) {
        void this.restore();
        this.stream = new Stream(this.around.socket, () => this.name(), this);
      }
      this.stream.start();
    }
    return () => {
      this.users -= 1;
      if (this.users === 0) {
        this.stream?.stop();
      }
    };
  }
}

/** The list with a new state of one of its things, or with a new thing. */
export function withOne<Thing extends { id: string }>(list: Thing[], thing: Thing): Thing[] {
  const known = list.some((one) => one.id === thing.id);
  return known ? list.map((one) => (one.id === thing.id ? thing : one)) : [...list, thing];
}
