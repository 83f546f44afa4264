/** One stream of events, each applied once and in order, whatever the socket loses, repeats or cuts. */
import { HerculesError, InvalidRequest, NotFound } from "../errors.js";
import type { Event, EventPage, Frame, Preview } from "../events.js";
import type { Socket } from "./socket.js";

/** Whose state the events change. */
export interface Reader {
  /** Read the whole state; returns the seq from which its events go on. */
  reread(): Promise<number>;
  /** Events behind a seq. */
  read(after: number): Promise<EventPage>;
  /** Each event once and in order. `isNew`: it is not yet in the state as it was last read. */
  take(event: Event, isNew: boolean): void;
  preview(frame: Preview): void;
  /** Whether events are pushed now. */
  live(isLive: boolean): void;
  /** Whether something is under way, of which an event must come. */
  isBusy(): boolean;
  /** There is nothing to follow. */
  failed(error: HerculesError): void;
}

const PREVIEWS: ReadonlySet<string> = new Set<Preview["type"]>(["message.delta", "agent.delta", "agent.called"]);
/** A push may be lost, an event never is: so long a silence while something is under way is looked into. */
const QUIET = 5_000;
/** What could not be read is tried again after this. */
const AGAIN = 3_000;

export class Stream {
  /** The last seq that was taken; undefined until the state was read. */
  private position: number | undefined;
  /** The seq up to which the state was read as a whole. */
  private asOf = 0;
  private isStale = true;
  private work: Promise<void> = Promise.resolve();
  private leave: (() => void) | undefined;
  private looking: ReturnType<typeof setTimeout> | undefined;
  private isRunning = false;
  private isLive = false;
  private isBehind = false;
  private isLooking = false;

  constructor(
    private readonly socket: Socket,
    private readonly name: () => string | Promise<string>,
    private readonly reader: Reader,
  ) {}

  /** Begin, or go on where it was left. */
  start(): void {
    this.isRunning = true;
    const until = this.position === undefined ? 0 : Number.POSITIVE_INFINITY;
    this.run(() => this.catchUp(until));
    this.look(QUIET);
  }

  stop(): void {
    this.isRunning = false;
    this.leave?.();
    this.leave = undefined;
    clearTimeout(this.looking);
    this.live(false);
  }

  /** Read what there is beyond what was taken. */
  refresh(): Promise<void> {
    return this.run(() => this.catchUp(Number.POSITIVE_INFINITY));
  }

  /** Read the whole state anew. */
  reload(): Promise<void> {
    this.isStale = true;
    return this.refresh();
  }

  /** Have events pushed, if they are not yet. */
  private async listen(): Promise<void> {
    if (this.leave) {
      return;
    }
    const name = await this.name();
    if (!this.isRunning || this.leave) {
      return;
    }
    this.leave = this.socket.listen(name, {
      subscribed: (asOf) => {
        this.live(true);
        this.run(() => this.catchUp(asOf));
      },
      frame: (frame) => this.receive(frame),
      lost: () => this.live(false),
      refused: (code) => this.mishap(new HerculesError(`${name} cannot be listened to.`, code)),
    });
  }

  private live(isLive: boolean): void {
    this.isLive = isLive;
    this.reader.live(isLive);
  }

  private receive(frame: Frame): void {
    this.look(QUIET);
    if (typeof frame.seq === "number") {
      this.run(() => this.accept(frame as Frame & { seq: number }));
    } else if (PREVIEWS.has(frame.type)) {
      this.reader.preview(frame as unknown as Preview);
    }
  }

  /** One thing after the other; what fails is done again later. */
  private run(job: () => Promise<void>): Promise<void> {
    this.work = this.work.then(async () => {
      if (!this.isRunning) {
        return;
      }
      try {
        await this.listen();
        await job();
        this.isBehind = false;
      } catch (fault) {
        this.mishap(fault);
      }
    });
    return this.work;
  }

  private mishap(fault: unknown): void {
    if (fault instanceof NotFound || fault instanceof InvalidRequest) {
      this.reader.failed(fault);
      this.stop();
    } else {
      this.isBehind = true;
      this.look(AGAIN);
    }
  }

  private async accept(event: Frame & { seq: number }): Promise<void> {
    if (this.position !== undefined && event.seq <= this.position) {
      return;
    }
    const isNext = event.seq - 1 === this.position;
    if (isNext && !event.data?.truncated) {
      this.take(event as unknown as Event);
    } else {
      await this.catchUp(event.seq);
    }
  }

  /** Take what is stored behind the position, until a seq is reached that is known to be there. */
  private async catchUp(until: number): Promise<void> {
    if (this.isStale) {
      await this.reread();
    }
    this.position ??= this.asOf;
    while (this.position < until) {
      const page = await this.reader.read(this.position);
      if (page.gap) {
        await this.reread();
        this.position = this.asOf;
      }
      page.items.forEach((event) => this.take(event));
      if (page.items.length === 0 || this.position >= page.as_of) {
        return;
      }
    }
  }

  private async reread(): Promise<void> {
    this.isStale = false;
    try {
      this.asOf = await this.reader.reread();
    } catch (fault) {
      this.isStale = true;
      throw fault;
    }
  }

  private take(event: Event): void {
    if (event.seq > (this.position ?? 0)) {
      this.position = event.seq;
      this.reader.take(event, event.seq > this.asOf);
    }
  }

  private look(after: number): void {
    clearTimeout(this.looking);
    if (!this.isRunning) {
      return;
    }
    this.looking = setTimeout(() => {
      if (!this.isLooking && (!this.isLive || this.isBehind || this.reader.isBusy())) {
        void this.lookOnce();
      }
      this.look(QUIET);
    }, after);
  }

  /** A server that does not answer is not asked the same again meanwhile. */
  private async lookOnce(): Promise<void> {
    this.isLooking = true;
    await this.refresh();
    this.isLooking = false;
  }
}
