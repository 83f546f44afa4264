/** Whatever the network does: what is shown in the end is the stored message, and every event was applied once. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Event, Frame } from "../../src/events.js";
import type { Hercules, Message, Session } from "../../src/index.js";
import { clientOf, pruneEvents, signUp, type User } from "./cloud.js";
import { FaultyNetwork } from "./faulty_network.js";
import { says } from "./models.js";
import { partsOf, shown } from "./parts.js";
import { until } from "../until.js";

const SENTENCES = Array.from({ length: 12 }, (_, at) => `Sentence ${at} says that rest is good for you 💪.`);

let network: FaultyNetwork;
let user: User;
let hercules: Hercules;
let session: Session;
let seen: Event[];
let question: string;

beforeEach(async () => {
  network = await FaultyNetwork.open();
  user = await signUp();
  hercules = clientOf(user, network.url);
  session = await hercules.createSession();
  seen = [];
  session.onEvent((event) => seen.push(event));
  question = `How should I rest, ${await says(SENTENCES, 20)}?`;
});

afterEach(() => {
  hercules.close();
  network.close();
});

/** Ask, and hold what was shown against what is stored. */
async function askAndCompare(): Promise<void> {
  const answer = session.ask(question);
  const parts = await partsOf(answer);
  const stored = await newest();
  expect(shown(parts)).toBe(stored.content);
  expect(await answer).toEqual(stored);
  await until(() => seen.at(-1)?.type === "turn.completed");
  expect(seen.map((event) => event.seq)).toEqual([1, 2, 3]);
  expect(seen.map((event) => event.type)).toEqual(["turn.started", "message.completed", "turn.completed"]);
  const { messages, preview, turn } = session.state.getSnapshot();
  expect(messages.at(-1)).toEqual(stored);
  expect({ messages: messages.length, preview, turn }).toEqual({ messages: 2, preview: "", turn: undefined });
}

/** The events of another question, which go on where the first ones ended. */
async function askAgain(): Promise<void> {
  seen.length = 0;
  const message = await session.ask("How deep should I squat?");
  await until(() => seen.at(-1)?.type === "turn.completed");
  expect(seen.map((event) => event.seq)).toEqual([4, 5, 6]);
  expect(session.state.getSnapshot().messages.at(-1)).toEqual(message);
}

/** The answer, as somebody on another network reads it. */
async function storedAnswer(): Promise<Message> {
  const other = clientOf(user);
  for (;;) {
    const found = await newest(other);
    if (found.role === "assistant") {
      return found;
    }
  }
}

async function newest(by = hercules): Promise<Message> {
  const params = { path: { session_id: session.id }, query: { limit: 1 } };
  const { data } = await by.api.GET("/v1/chat/sessions/{session_id}/messages", { params });
  return data!.items[0]!;
}

/** Does something once, when the first frame of a kind is about to arrive. */
function once(type: string, act: (frame: Frame) => Frame[]): void {
  let isDone = false;
  network.deliver = (frame) => {
    if (isDone || frame.type !== type) {
      return [frame];
    }
    isDone = true;
    return act(frame);
  };
}

describe("the answer is the stored message, and each event is applied once,", () => {
  it("on a network without a fault", askAndCompare);

  it("when the socket breaks in the middle of the answer, and listens again", async () => {
    let [deltas, subscriptions] = [0, 0];
    network.accept = (frame) => {
      subscriptions += Number(frame.type === "subscribe");
      return true;
    };
    network.deliver = (frame) => {
      if (frame.type === "message.delta" && (deltas += 1) === 3) {
        network.cut();
      }
      return [frame];
    };
    await askAndCompare();
    await until(() => network.opened > 1 && subscriptions > 1);
  });

  it("when the socket breaks before the subscription is confirmed", async () => {
    once("subscribed", () => {
      network.cut();
      return [];
    });
    await askAndCompare();
  });

  it("when the socket breaks behind the subscription and before its first event", async () => {
    once("turn.started", () => {
      network.cut();
      return [];
    });
    await askAndCompare();
  });

  it.each(["turn.started", "message.completed", "turn.completed"])("when the frame of %s is lost", async (type) => {
    once(type, () => []);
    await askAndCompare();
  });

  it("when every frame comes twice", async () => {
    network.deliver = (frame) => [frame, frame];
    await askAndCompare();
  });

  it("when an event comes again after a later one", async () => {
    const events: Frame[] = [];
    network.deliver = (frame) => {
      if (frame.seq) {
        events.push(frame);
      }
      return frame.seq ? [...events, ...events] : [frame];
    };
    await askAndCompare();
  });

  it("when two events change places", async () => {
    let held: Frame | undefined;
    network.deliver = (frame) => {
      if (frame.type === "message.completed") {
        held = frame;
        return [];
      }
      return frame.type === "turn.completed" && held ? [frame, held] : [frame];
    };
    await askAndCompare();
  });

  it("when an event is too large for a frame", async () => {
    once("message.completed", (frame) => [{ ...frame, data: { message_id: "…", truncated: true } }]);
    await askAndCompare();
  });

  it("when every second piece of the preview is lost", async () => {
    let pieces = 0;
    network.deliver = (frame) => (frame.type === "message.delta" && (pieces += 1) % 2 ? [] : [frame]);
    await askAndCompare();
  });

  it("when the socket is closed because its two hours are over", async () => {
    once("message.delta", (frame) => {
      network.goAway();
      return [frame];
    });
    await askAndCompare();
    expect(network.opened).toBeGreaterThan(1);
  });

  it("when two tickets are refused", async () => {
    let refusals = 2;
    network.admit = () => (refusals -= 1) < 0;
    await askAndCompare();
  });

  it("when no socket is ever let in", async () => {
    network.admit = () => false;
    await askAndCompare();
  });

  it("when there are no tickets", async () => {
    network.request = (_, path) => (path === "/v1/realtime/tickets" ? "refuse" : "pass");
    await askAndCompare();
  });

  it("when the question's own answer is lost, and it is sent again", async () => {
    let losses = 2;
    network.request = (method, path) =>
      method === "POST" && path.endsWith("/messages") && (losses -= 1) >= 0 ? "lose" : "pass";
    await askAndCompare();
    expect(network.requests.filter((one) => one.startsWith("POST") && one.endsWith("/messages"))).toHaveLength(3);
  });

  it("when all is gone for longer than its events are kept", async () => {
    let isAway = false;
    network.admit = () => !isAway;
    network.request = () => (isAway ? "refuse" : "pass");
    once("message.delta", (frame) => {
      isAway = true;
      network.cut();
      return [frame];
    });
    const answer = session.ask(question);
    await until(() => isAway);
    const stored = await storedAnswer();
    await pruneEvents();
    isAway = false;
    hercules.wake();
    expect(shown(await partsOf(answer))).toBe(stored.content);
    await until(() => session.state.getSnapshot().messages.length === 2);
    expect(session.state.getSnapshot()).toMatchObject({ preview: "", turn: undefined });
    expect(seen.map((event) => event.seq)).toEqual([1]);
    await askAgain();
  });

  it("when every other request breaks", async () => {
    // Every other one of its kind: of two loops in step, one would always be the refused one.
    const requests = new Map<string, number>();
    network.request = (method, path) => {
      const kind = `${method} ${path.split("?")[0]}`;
      requests.set(kind, (requests.get(kind) ?? 0) + 1);
      return requests.get(kind)! % 2 ? "refuse" : "pass";
    };
    await askAndCompare();
  });
});
