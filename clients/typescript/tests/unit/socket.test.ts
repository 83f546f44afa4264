/** What goes over the socket, held against a server of the test's own. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import WebSocket, { type AddressInfo, WebSocketServer } from "ws";

import { createHercules, type Hercules } from "../../src/index.js";
import { until } from "../until.js";

const ID = "3f0c8f52-6a0b-4c8e-9d3e-0b8a1f6f9a11";
const SNAPSHOT = { messages: [], pending_actions: [], running_turn: null, next_cursor: null, as_of: 0 };

let server: WebSocketServer;
let frames: { type: string; stream?: string }[];
let hercules: Hercules;

beforeEach(async () => {
  frames = [];
  server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await new Promise((resolve) => server.on("listening", resolve));
  server.on("connection", (socket) => {
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data));
      frames.push(frame);
      socket.send(JSON.stringify({ v: 1, type: `${frame.type}d`, stream: frame.stream, as_of: 0, id: frame.id }));
    });
  });
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  hercules = createHercules({
    url: "https://api.test",
    getToken: () => "token",
    WebSocket,
    fetch: async (request) => {
      const isTicket = request.url.endsWith("/tickets");
      return Response.json(isTicket ? { url, ticket: "t" } : SNAPSHOT);
    },
  });
});

afterEach(() => {
  hercules.close();
  server.close();
  server.clients.forEach((socket) => socket.terminate());
});

function subscriptions(): number {
  return frames.filter((frame) => frame.type === "subscribe").length;
}

describe("a stream", () => {
  it("is subscribed once, however many watch it and however its id is written", async () => {
    const ends = [ID, ID, ID.toUpperCase()].map((id) => hercules.session(id).state.subscribe(() => undefined));
    await until(() => hercules.session(ID).isLive);
    expect(frames).toMatchObject([{ type: "subscribe", stream: `session:${ID}` }]);
    ends.forEach((end) => end());
  });

  it("is not left by who comes back at once", async () => {
    const session = hercules.session(ID);
    session.state.subscribe(() => undefined)();
    const end = session.state.subscribe(() => undefined);
    await until(() => session.isLive);
    end();
    session.state.subscribe(() => undefined);
    await until(() => session.isLive && subscriptions() > 1);
    expect(frames.filter((frame) => frame.type === "unsubscribe")).toEqual([]);
  });

  it("is subscribed again on a socket that is opened anew", async () => {
    const session = hercules.session(ID);
    session.state.subscribe(() => undefined);
    await until(() => session.isLive);
    server.clients.forEach((socket) => socket.terminate());
    await until(() => session.isLive && subscriptions() > 1);
  });

  it("is left when nobody watches it for a while", async () => {
    const session = hercules.session(ID);
    const end = session.state.subscribe(() => undefined);
    await until(() => session.isLive);
    end();
    await until(() => frames.some((frame) => frame.type === "unsubscribe"));
    await until(() => server.clients.size === 0);
  });
});
