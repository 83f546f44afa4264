/** The way in: `createHercules`. */
import { Account } from "./account.js";
import { Actions } from "./actions.js";
import { resending } from "./asking.js";
import { Files, type Sha256, subtleSha256 } from "./files.js";
import type { Surroundings } from "./followed.js";
import { type Api, bodyOf, createApi, type GetToken } from "./http.js";
import { Inbox } from "./inbox.js";
import { Memories } from "./memories.js";
import { Socket, type SocketOptions } from "./realtime/socket.js";
import { Room, type RoomOptions } from "./room.js";
import { Schedules } from "./schedules.js";
import { Session } from "./session.js";
import { Shelf, type Storage } from "./storage.js";
import type { RoomPage, SessionPage, Usage } from "./types.js";

export interface HerculesOptions extends SocketOptions {
  /** Of the API, without a path. */
  url: string;
  /** The user's access token: with supabase-js, of `auth.getSession()`. */
  getToken: GetToken;
  fetch?: (request: Request) => Promise<Response>;
  /** Keeps what was shown last, and questions until they have arrived: AsyncStorage, localStorage, or alike. */
  storage?: Storage;
  /** Where the platform has no `crypto.subtle`, as React Native. */
  sha256?: Sha256;
}

export class Hercules {
  /** Every operation of the API, typed. What is refused is thrown. */
  readonly api: Api;
  readonly account: Account;
  readonly actions: Actions;
  readonly files: Files;
  readonly memories: Memories;
  readonly schedules: Schedules;
  /** What waits for the user, and the week's usage, live. */
  readonly inbox: Inbox;
  /** How files are given their checksums. */
  readonly sha256: Sha256;
  private readonly socket: Socket;
  private readonly around: Surroundings;
  private readonly knownSessions = new Map<string, Session>();
  private readonly knownRooms = new Map<string, Room>();

  constructor(options: HerculesOptions) {
    this.api = createApi(options.url, options.getToken, options.fetch ?? ((request) => fetch(request)));
    this.sha256 = options.sha256 ?? subtleSha256;
    this.socket = new Socket(this.api, options);
    this.account = new Account(this.api, () => this.forget());
    this.actions = new Actions(this.api);
    this.files = new Files(this.api, this.sha256);
    this.memories = new Memories(this.api);
    this.schedules = new Schedules(this.api);
    this.around = { socket: this.socket, shelf: new Shelf(options.storage) };
    this.inbox = new Inbox(this.api, this.around);
    void this.resend();
  }

  /** A conversation that exists. Nothing is read before it is watched or asked. */
  session(id: string): Session {
    return known(this.knownSessions, id, (name) => new Session(name, this.api, this.around));
  }

  /** Open a conversation. */
  async createSession(title?: string): Promise<Session> {
    return this.session((await bodyOf(this.api.POST("/v1/chat/sessions", { body: { title } }))).id);
  }

  /** Conversations, the last used first; `cursor` is `next_cursor` of the page before. */
  sessions(cursor?: string): Promise<SessionPage> {
    return bodyOf(this.api.GET("/v1/chat/sessions", { params: { query: { cursor } } }));
  }

  /** A room that exists, of the user's or shared with all. */
  room(id: string): Room {
    return known(this.knownRooms, id, (name) => new Room(name, this.api, this.around, this.sha256));
  }

  /** Open a room: agents begin to work on the prompt. */
  async createRoom(prompt: string, options: RoomOptions = {}): Promise<Room> {
    const body = { task_prompt: prompt, ...options };
    return this.room((await bodyOf(this.api.POST("/v1/rooms", { body }))).id);
  }

  /** The user's rooms, the newest first; `cursor` is `next_cursor` of the page before. */
  rooms(cursor?: string): Promise<RoomPage> {
    return bodyOf(this.api.GET("/v1/rooms", { params: { query: { cursor } } }));
  }

  /** Limits, use and reset time of this week. */
  usage(): Promise<Usage> {
    return bodyOf(this.api.GET("/v1/usage"));
  }

  /** The app is in front again, or the network is back: look at once whether the socket still lives. */
  wake(): void {
    this.socket.wake();
  }

  /** Delete all that is kept on the device, and keep nothing more: the user signs out. */
  forget(): Promise<void> {
    return this.around.shelf.clear();
  }

  /** Send what was asked before the app was closed, and did not arrive. */
  private async resend(): Promise<void> {
    for (const question of await this.around.shelf.unsent()) {
      resending(this.session(question.sessionId), question);
    }
  }

  /** The end: nothing is followed any longer. */
  close(): void {
    [this.inbox, ...this.knownSessions.values(), ...this.knownRooms.values()].forEach((followed) => followed.close());
    this.socket.close();
  }
}

export function createHercules(options: HerculesOptions): Hercules {
  return new Hercules(options);
}

/** One object for each id, however that is written: what is watched twice is followed once. */
function known<Thing>(things: Map<string, Thing>, id: string, make: (id: string) => Thing): Thing {
  const name = id.toLowerCase();
  const thing = things.get(name) ?? make(name);
  things.set(name, thing);
  return thing;
}
