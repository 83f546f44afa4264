/** An answer while it comes: parts to iterate over, and a promise of the message as it is stored. */
import { type HerculesError, TurnCancelled, TurnFailed } from "./errors.js";
import type { Action, AnsweredTurn, Citation, Message, Turn } from "./types.js";
import { citationsOf, isAdvice } from "./types.js";

export type Part =
  /** The question is stored and will be answered. */
  | { type: "started"; turn: { id: string } }
  /** What comes behind the text shown so far. */
  | { type: "text"; text: string }
  /** The text shown so far is not the answer: show this in its place. */
  | { type: "reset"; text: string }
  | { type: "citation"; citation: Citation; number: number }
  | { type: "action"; action: Action }
  /** Instead of an answer: what is urgent. Show it so that it is seen. */
  | { type: "advice"; text: string }
  /** The end: what was shown is this message's content. */
  | { type: "finished"; message: Message; turn: Turn }
  | { type: "failed"; error: HerculesError };

export class Answer implements AsyncIterable<Part>, PromiseLike<Message> {
  /** All of the answer that is to be shown now. */
  text = "";
  /** Of the turn that answers, once it has begun. */
  turnId: string | undefined;
  private readonly parts: Part[] = [];
  private readonly readers = new Set<() => void>();
  private isOver = false;
  private settle!: { resolve: (message: Message) => void; reject: (error: unknown) => void };
  private readonly message = new Promise<Message>((resolve, reject) => {
    this.settle = { resolve, reject };
  });

  constructor(private readonly cancel: () => Promise<void>) {
    this.message.catch(() => undefined); // who only iterates has seen `failed`
  }

  /** The stored message. Rejects with TurnFailed, TurnCancelled, or what sending was refused with. */
  then<Value = Message, Refusal = never>(
    fulfilled?: ((message: Message) => Value | PromiseLike<Value>) | null,
    rejected?: ((error: unknown) => Refusal | PromiseLike<Refusal>) | null,
  ): Promise<Value | Refusal> {
    return this.message.then(fulfilled, rejected);
  }

  /** Each part, from the first on, however late one begins to read; ends behind `finished` or `failed`. */
  [Symbol.asyncIterator](): AsyncIterator<Part> {
    let next = 0;
    return {
      next: async (): Promise<IteratorResult<Part>> => {
        while (next >= this.parts.length && !this.isOver) {
          await new Promise<void>((resolve) => this.readers.add(resolve));
        }
        const value = this.parts[next];
        next += 1;
        return value ? { value, done: false } : { value: undefined, done: true };
      },
    };
  }

  /** Stop the answer: what has come of it is kept, and charged. */
  stop(): Promise<void> {
    return this.cancel();
  }

  begin(turnId: string): void {
    this.turnId = turnId;
    this.add({ type: "started", turn: { id: turnId } });
  }

  /** All that is to be shown now. */
  show(text: string): void {
    if (text === this.text) {
      return;
    }
    const isMore = text.startsWith(this.text);
    this.add(isMore ? { type: "text", text: text.slice(this.text.length) } : { type: "reset", text });
    this.text = text;
  }

  finish(turn: AnsweredTurn, actions: Action[]): void {
    const { message, ...bare } = turn;
    if (!message) {
      const failed = new TurnFailed(turn.id, turn.error_code ?? "unknown");
      this.fail(turn.status === "cancelled" ? new TurnCancelled(turn.id) : failed);
      return;
    }
    this.show(message.content);
    if (isAdvice(message)) {
      this.add({ type: "advice", text: message.content });
    }
    citationsOf(message).forEach((citation, at) => this.add({ type: "citation", citation, number: at + 1 }));
    actions.forEach((action) => this.add({ type: "action", action }));
    this.end({ type: "finished", message, turn: bare });
    this.settle.resolve(message);
  }

  fail(error: unknown): void {
    this.end({ type: "failed", error: error as HerculesError });
    this.settle.reject(error);
  }

  private end(part: Part): void {
    this.isOver = true;
    this.add(part);
  }

  private add(part: Part): void {
    this.parts.push(part);
    const readers = [...this.readers];
    this.readers.clear();
    readers.forEach((resume) => resume());
  }
}
