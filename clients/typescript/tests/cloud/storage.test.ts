/** An app that is closed and opened again, with and without a network. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import WebSocket from "ws";

import { createHercules, type Hercules, type Session, type Storage } from "../../src/index.js";
import { signUp, type User } from "./cloud.js";
import { FaultyNetwork } from "./faulty_network.js";
import { until } from "../until.js";

let network: FaultyNetwork;
let user: User;
let kept: Map<string, string>;
let opened: Hercules[];

beforeEach(async () => {
  network = await FaultyNetwork.open();
  user = await signUp();
  [kept, opened] = [new Map(), []];
});

afterEach(() => {
  opened.forEach((app) => app.close());
  network.close();
});

/** The app as it is started on the device. */
function start(): Hercules {
  const storage: Storage = {
    getItem: async (key) => kept.get(key) ?? null,
    setItem: async (key, value) => void kept.set(key, value),
    removeItem: async (key) => void kept.delete(key),
  };
  const app = createHercules({ url: network.url, getToken: () => user.token, WebSocket, storage });
  opened.push(app);
  return app;
}

function watch(session: Session): () => void {
  return session.state.subscribe(() => undefined);
}

function goOffline(): void {
  network.request = () => "refuse";
  network.admit = () => false;
  network.cut();
}

function goOnline(): void {
  network.request = () => "pass";
  network.admit = () => true;
}

describe("an app with a storage", () => {
  it("shows what was said last before there is a network", async () => {
    const first = await start().createSession();
    const message = await first.ask("How deep should I squat?");
    const end = watch(first);
    await until(() => first.state.getSnapshot().messages.length === 2 && kept.has(`hercules:session:${first.id}`));
    await until(() => kept.get(`hercules:session:${first.id}`)!.includes(message.id));
    end();
    goOffline();

    const session = start().session(first.id);
    const leave = watch(session);
    await until(() => session.state.getSnapshot().status === "ready");
    expect(session.state.getSnapshot()).toMatchObject({ isLive: false, messages: [{}, message] });
    leave();
  });

  it("sends what was asked without a network when there is one again, once, though it was closed meanwhile", async () => {
    const app = start();
    const session = await app.createSession();
    goOffline();
    session.ask("How deep should I squat?");
    const end = watch(session);
    await until(() => session.state.getSnapshot().unsent.length === 1);
    end();

    goOnline(); // and both the app that waited and the one that is started anew send it
    const again = start().session(session.id);
    const leave = watch(again);
    await until(() => again.state.getSnapshot().messages.length === 2 && !again.state.getSnapshot().turn);
    await until(() => JSON.parse(kept.get("hercules:outbox")!).length === 0);
    leave();
    const params = { path: { session_id: session.id } };
    const { data } = await app.api.GET("/v1/chat/sessions/{session_id}", { params });
    expect(data?.messages.map((message) => message.role)).toEqual(["assistant", "user"]);
  });

  it("forgets all of it when the user signs out", async () => {
    const app = start();
    const session = await app.createSession();
    await session.ask("How deep should I squat?");
    await until(() => kept.has(`hercules:session:${session.id}`));
    await app.forget();
    expect([...kept.keys()]).toEqual([]);
  });
});
