/** Sends a question and follows its turn to the stored answer, by socket or without. */
import { Answer } from "./answer.js";
import { NetworkError, ResponseError, Unavailable } from "./errors.js";
import type { Event } from "./events.js";
import { bodyOf } from "./http.js";
import { type AskOptions, readTurn, type Session } from "./session.js";
import type { Unsent } from "./storage.js";
import { newKey, pause } from "./timing.js";
import { type Action, type AnsweredTurn, actionIdsOf, type Message } from "./types.js";

/** Milliseconds of silence behind which a turn is looked at: a lost push is rare, and without a socket the look is all there is. */
const [LIVE_LOOK, LOOK, LONGEST_LOOK] = [3_000, 1_000, 10_000];

/** So long a question waits for the socket: an answer is pushed only to those who listen when it begins. */
const LIVE_WITHIN = 1_000;

/** A key is good for a day; an hour less, for clocks that differ. */
const KEY_LASTS = 23 * 3_600_000;
/** Behind the tries of one request. */
const AGAIN = 5_000;

/** Ask, and follow what becomes of it. */
export function asking(session: Session, content: string, options: AskOptions): Answer {
  const { idempotencyKey: key = newKey(), replaces } = options;
  return resending(session, { sessionId: session.id, key, content, replaces, askedAt: Date.now() });
}

/** Send a question that may have been sent before, until it has arrived. */
export function resending(session: Session, question: Unsent): Answer {
  return followed(session, async (follower) => {
    await session.liveWithin(LIVE_WITHIN);
    await session.shelf.note((all) => [...all.filter((one) => one.key !== question.key), question]);
    try {
      return await arrived(session, question, () => follower.send(question));
    } finally {
      await session.shelf.note((all) => all.filter((one) => one.key !== question.key));
      await session.showUnsent();
    }
  });
}

/** Without a network a question that is kept on the device waits for one, as long as its key is good. */
async function arrived(session: Session, question: Unsent, send: () => Promise<Begun>): Promise<Begun> {
  for (;;) {
    try {
      return await send();
    } catch (fault) {
      const isTooLate = Date.now() > question.askedAt + KEY_LASTS;
      if (!(fault instanceof NetworkError) || !session.shelf.isThere || isTooLate) {
        throw fault;
      }
      await session.showUnsent();
      await pause(AGAIN);
    }
  }
}

/** Follow a turn that somebody has begun. */
export function following(session: Session, turnId: string): Answer {
  return followed(session, async (follower) => {
    follower.look();
    return { id: turnId };
  });
}

type Begun = { id: string } | AnsweredTurn;

function followed(session: Session, begin: (follower: TurnFollower) => Promise<Begun>): Answer {
  const answer: Answer = new Answer(async () => session.stop(await follower.turnId));
  const follower = new TurnFollower(session, answer);
  follower
    .run(() => begin(follower))
    .then(([turn, actions]) => answer.finish(turn, actions))
    .catch((fault: unknown) => answer.fail(fault));
  return answer;
}

class TurnFollower {
  /** Of the turn, once there is one. */
  readonly turnId: Promise<string>;
  private begun!: { resolve: (turnId: string) => void; reject: (fault: unknown) => void };
  private readonly messages = new Map<string, Message>(); // by turn
  private readonly ends = new Map<string, AnsweredTurn>(); // by turn
  private readonly previews = new Map<string, string>(); // by turn
  private readonly actions = new Map<string, Action>();
  private mustLook = false;
  private wake: () => void = () => undefined;
  private heard: () => void = () => undefined;

  constructor(
    private readonly session: Session,
    private readonly answer: Answer,
  ) {
    this.turnId = new Promise((resolve, reject) => {
      this.begun = { resolve, reject };
    });
    this.turnId.catch(() => undefined);
  }

  async run(begin: () => Promise<Begun>): Promise<[AnsweredTurn, Action[]]> {
    const leave = this.session.follow({
      event: (event) => this.take(event),
      preview: (turnId, text) => this.show(turnId, text),
      reread: () => this.look(),
    });
    try {
      const turn = await begin();
      this.begun.resolve(turn.id);
      this.answer.begin(turn.id);
      this.answer.show(this.previews.get(turn.id) ?? "");
      const ended = "message" in turn ? turn : await this.end(turn.id);
      return [ended, await this.proposed(ended.message)];
    } catch (fault) {
      this.begun.reject(fault);
      throw fault;
    } finally {
      leave();
    }
  }

  /** The turn, as far as the server tells when it takes the question. What was read before tells nothing of it. */
  async send({ content, replaces, key }: Unsent): Promise<Begun> {
    this.mustLook = false;
    const params = {
      path: { session_id: this.session.id },
      header: { "Idempotency-Key": key, prefer: "respond-async" },
    };
    const body = { content, replaces };
    try {
      const sent = await bodyOf(this.session.api.POST("/v1/chat/sessions/{session_id}/messages", { params, body }));
      return "message" in sent ? { ...sent.turn, message: sent.message } : sent.turn;
    } catch (fault) {
      // The first try was taken although its answer was lost, and is at work.
      if (fault instanceof ResponseError && fault.code === "request_in_progress" && fault.problem.turn_id) {
        return { id: fault.problem.turn_id as string };
      }
      throw fault;
    }
  }

  private async end(turnId: string): Promise<AnsweredTurn> {
    for (let quiet = 0; ; quiet += 1) {
      const ended = this.ends.get(turnId) ?? (this.mustLook ? await this.readEnd(turnId) : undefined);
      if (ended) {
        return ended;
      }
      if (this.ends.has(turnId) || this.mustLook) {
        continue; // it came while the turn was read
      }
      await this.somethingHappens(this.session.isLive ? LIVE_LOOK : Math.min(LOOK * 1.3 ** quiet, LONGEST_LOOK));
    }
  }

  /** The turn, if it has ended; what is kept of its answer is shown if not. Who is offline looks again later. */
  private async readEnd(turnId: string): Promise<AnsweredTurn | undefined> {
    this.mustLook = false;
    try {
      const turn = await readTurn(this.session, turnId);
      if (turn.status !== "running") {
        return turn;
      }
      this.session.partly(turn);
    } catch (fault) {
      if (!(fault instanceof NetworkError || fault instanceof Unavailable)) {
        throw fault;
      }
    }
    return undefined;
  }

  private somethingHappens(within: number): Promise<void> {
    return new Promise((resolve) => {
      let timer = setTimeout(() => this.look(), within);
      this.heard = () => {
        clearTimeout(timer);
        timer = setTimeout(() => this.look(), within);
      };
      this.wake = () => {
        this.heard = () => undefined;
        clearTimeout(timer);
        resolve();
      };
    });
  }

  look(): void {
    this.mustLook = true;
    this.wake();
  }

  private take(event: Event): void {
    if (event.type === "message.completed") {
      const { message } = event.data;
      if (message?.turn_id) {
        this.messages.set(message.turn_id, message);
      }
    } else if (event.type === "action.pending") {
      this.actions.set(event.data.action.id, event.data.action);
    } else if (event.type === "turn.completed" || event.type === "turn.cancelled" || event.type === "turn.failed") {
      const { turn } = event.data;
      const message = this.messages.get(turn.id) ?? null;
      if (!message && event.data.message_id) {
        this.look(); // it was told before anybody listened
      } else {
        this.ends.set(turn.id, { ...turn, message });
        this.wake();
      }
    }
  }

  private show(turnId: string, text: string): void {
    this.previews.set(turnId, text);
    this.heard();
    if (turnId === this.answer.turnId && !this.ends.has(turnId)) {
      this.answer.show(text);
    }
  }

  /** What was proposed with an answer; what no event told is read. */
  private async proposed(message: Message | null): Promise<Action[]> {
    const ids = message ? actionIdsOf(message) : [];
    if (ids.some((id) => !this.actions.has(id))) {
      const query = { status: "pending" as const, limit: 100 };
      const page = await bodyOf(this.session.api.GET("/v1/actions", { params: { query } }));
      page.items.forEach((action) => this.actions.set(action.id, action));
    }
    return ids.flatMap((id) => this.actions.get(id) ?? []);
  }
}
