/** The one socket of a client: tickets, reconnection, subscriptions. It stays open while a stream is listened to. */
import ReconnectingWebSocket from "partysocket/ws";

import type { Frame } from "../events.js";
import { type Api, bodyOf } from "../http.js";

export interface Listener {
  /** From now on every event behind `asOf` is pushed; called anew after each reconnection. */
  subscribed(asOf: number): void;
  frame(frame: Frame): void;
  /** Nothing is pushed any more, until `subscribed` is called again. */
  lost(): void;
  /** The server does not let the user listen to this stream. */
  refused(code: string): void;
}

export interface SocketOptions {
  /** A WebSocket class, where the platform has none (Node 20: `ws`). */
  WebSocket?: unknown;
}

/** API Gateway closes a socket after ten silent minutes. */
const PING_EVERY = 4 * 60_000;
/** Within this every frame of ours is answered; a function may have to start first. */
const ANSWERED_WITHIN = 15_000;
/** The same, when somebody looks at the app again and would wait for what is new. */
const AWAKE_WITHIN = 5_000;
/** So long a stream is kept that nobody listens to, and the socket without a stream: a user goes from screen to screen. */
const LINGER = 5_000;
/** All clients that lost their sockets at once come back spread over this. */
const [SOONEST, SPREAD] = [500, 1_500];

export class Socket {
  private readonly listeners = new Map<string, Listener>();
  /** What was asked and is not answered yet: when that is given up. */
  private readonly waiting = new Map<string, ReturnType<typeof setTimeout>>();
  private connection: ReconnectingWebSocket | undefined;
  private pinging: ReturnType<typeof setInterval> | undefined;
  /** Streams that are left in a moment, unless somebody listens again. */
  private readonly leaving = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(
    private readonly api: Api,
    private readonly options: SocketOptions,
  ) {}

  /** Have a stream's frames brought to a listener; returns what ends that. */
  listen(stream: string, listener: Listener): () => void {
    this.listeners.set(stream, listener);
    this.stay(stream);
    if (this.connection) {
      this.subscribe(stream);
    } else {
      this.open();
    }
    return () => this.leave(stream, listener);
  }

  /** Find out at once whether the socket still lives: an app that was in the background cannot know. */
  wake(): void {
    if (this.connection?.readyState === ReconnectingWebSocket.OPEN) {
      this.ask("ping", { type: "ping" }, AWAKE_WITHIN);
    } else {
      this.connection?.reconnect();
    }
  }

  close(): void {
    [...this.leaving.keys()].forEach((stream) => this.stay(stream));
    clearInterval(this.pinging);
    this.forgetQuestions();
    this.connection?.close();
    this.connection = undefined;
  }

  private open(): void {
    const socket = new ReconnectingWebSocket(() => this.address(), null, {
      WebSocket: this.options.WebSocket,
      connectionTimeout: ANSWERED_WITHIN,
      minReconnectionDelay: SOONEST + Math.random() * SPREAD,
      maxReconnectionDelay: 20_000,
      reconnectionDelayGrowFactor: 1.6,
      maxEnqueuedMessages: 0, // a subscription is sent anew on each opening
    });
    socket.addEventListener("open", () => [...this.listeners.keys()].forEach((stream) => this.subscribe(stream)));
    socket.addEventListener("message", (event) => this.receive((event as MessageEvent).data));
    socket.addEventListener("close", () => this.lose());
    this.connection = socket;
    this.pinging = setInterval(() => this.ask("ping", { type: "ping" }), PING_EVERY);
  }

  /** Each opening takes a ticket of its own: it is good for one socket. */
  private async address(): Promise<string> {
    const ticket = await bodyOf(this.api.POST("/v1/realtime/tickets"));
    return `${ticket.url}?ticket=${ticket.ticket}`;
  }

  private subscribe(stream: string): void {
    this.ask(stream, { type: "subscribe", stream });
  }

  private leave(stream: string, listener: Listener): void {
    if (this.listeners.get(stream) !== listener) {
      return;
    }
    this.listeners.delete(stream);
    this.answered(stream);
    this.stay(stream);
    this.leaving.set(
      stream,
      setTimeout(() => this.left(stream), LINGER),
    );
  }

  private stay(stream: string): void {
    clearTimeout(this.leaving.get(stream));
    this.leaving.delete(stream);
  }

  private left(stream: string): void {
    this.leaving.delete(stream);
    this.send({ type: "unsubscribe", stream });
    if (this.listeners.size === 0 && this.leaving.size === 0) {
      this.close();
    }
  }

  /** Send a frame that is to be answered: a socket that does not answer is dead, whatever the platform says. */
  private ask(name: string, frame: Record<string, string>, within = ANSWERED_WITHIN): void {
    if (!this.send({ ...frame, id: name })) {
      return;
    }
    this.answered(name);
    this.waiting.set(
      name,
      setTimeout(() => this.connection?.reconnect(), within),
    );
  }

  private send(frame: Record<string, string>): boolean {
    return this.connection?.send(JSON.stringify(frame)) ?? false;
  }

  private answered(name: string): void {
    clearTimeout(this.waiting.get(name));
    this.waiting.delete(name);
  }

  private forgetQuestions(): void {
    [...this.waiting.keys()].forEach((name) => this.answered(name));
  }

  private lose(): void {
    this.forgetQuestions();
    [...this.listeners.values()].forEach((listener) => listener.lost());
  }

  private receive(text: unknown): void {
    const frame = parsed(text);
    if (frame?.type === "error") {
      this.refuse(frame);
    } else if (frame?.type === "pong") {
      this.answered("ping");
    } else if (frame?.type === "subscribed") {
      this.answered(frame.stream ?? "");
      this.listeners.get(frame.stream ?? "")?.subscribed(frame.as_of ?? 0);
    } else if (frame?.stream) {
      this.listeners.get(frame.stream)?.frame(frame);
    }
  }

  private refuse(frame: Frame): void {
    const asked = [...this.waiting.keys()].filter((name) => name !== "ping");
    const stream = frame.stream ?? frame.id ?? (asked.length === 1 ? asked[0] : undefined);
    if (stream && this.waiting.has(stream)) {
      this.answered(stream);
      this.listeners.get(stream)?.refused(frame.code ?? "unknown");
    }
  }
}

/** A frame; undefined for what is none, such as API Gateway's own word for a fault. */
function parsed(text: unknown): Frame | undefined {
  try {
    const frame: unknown = JSON.parse(String(text));
    return typeof frame === "object" && frame !== null && "type" in frame ? (frame as Frame) : undefined;
  } catch {
    return undefined;
  }
}
