/** Hercules as agents of AG-UI: every event passes AG-UI's own verifier, which runAgent holds it against. */
import { type BaseEvent, EventType } from "@ag-ui/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { HerculesAgent, HerculesRoomAgent } from "../../src/ag-ui.js";
import type { Hercules, Session } from "../../src/index.js";
import { clientOf, signUp } from "./cloud.js";
import { FaultyNetwork } from "./faulty_network.js";
import { says } from "./models.js";
import { until } from "../until.js";

let network: FaultyNetwork;
let hercules: Hercules;
let session: Session;
let agent: HerculesAgent;
let events: BaseEvent[];

beforeEach(async () => {
  network = await FaultyNetwork.open();
  hercules = clientOf(await signUp(), network.url);
  session = await hercules.createSession();
  agent = new HerculesAgent(hercules, session.id);
  events = [];
});

afterEach(() => {
  hercules.close();
  network.close();
});

const listening = { onEvent: ({ event }: { event: BaseEvent }) => void events.push(event) };

async function ask(content: string): Promise<void> {
  agent.addMessage({ id: crypto.randomUUID(), role: "user", content });
  await agent.runAgent({}, listening);
}

async function newest() {
  const params = { path: { session_id: session.id }, query: { limit: 1 } };
  return (await hercules.api.GET("/v1/chat/sessions/{session_id}/messages", { params })).data!.items[0]!;
}

function kinds(): string[] {
  return events.map((event) => event.type).filter((type, at, all) => type !== all[at - 1]);
}

describe("the coach as an agent", () => {
  it("answers in a run whose message is the stored one", async () => {
    await ask("How often should I take a deload week?");
    expect(agent.messages.at(-1)?.content).toBe((await newest()).content);
    expect(kinds()).toEqual([
      EventType.RUN_STARTED,
      EventType.TEXT_MESSAGE_START,
      EventType.TEXT_MESSAGE_CONTENT,
      EventType.TEXT_MESSAGE_END,
      EventType.CUSTOM,
      EventType.RUN_FINISHED,
    ]);
  });

  it("tells its messages anew where the preview said something else", async () => {
    network.deliver = (frame) =>
      frame.type === "message.delta" ? [{ ...frame, data: { ...frame.data, text: "What was mended. " } }] : [frame];
    const word = await says(Array(8).fill("Rest well."), 40);
    const end = session.state.subscribe(() => undefined);
    await until(() => session.isLive);
    await ask(`How should I rest, ${word}?`);
    end();
    expect(kinds()).toContain(EventType.MESSAGES_SNAPSHOT);
    expect(agent.messages).toHaveLength(2);
    expect(agent.messages.at(-1)?.content).toBe((await newest()).content);
  });

  it("is interrupted by a proposal, and goes on once the version that was seen is approved", async () => {
    await ask("Set my goal to run 5 km.");
    const [first] = agent.pendingInterrupts;
    expect(first).toMatchObject({ reason: "approval", responseSchema: { type: "object" } });
    await hercules.api.PATCH("/v1/profile", { body: { goals: ["first pull-up"] } });

    const approve = (interruptId: string) =>
      agent.runAgent({ resume: [{ interruptId, status: "resolved", payload: { approved: true } }] }, listening);
    await approve(first!.id);
    const [fresh] = agent.pendingInterrupts;
    expect(fresh!.id).not.toBe(first!.id);
    await approve(fresh!.id);
    expect(agent.pendingInterrupts).toEqual([]);
    expect((await hercules.api.GET("/v1/profile")).data?.goals).toEqual(["run 5 km"]);
    expect(kinds()).toContain(EventType.TOOL_CALL_RESULT);
  });

  it("is stopped on the server", async () => {
    const word = await says(Array(400).fill("Rest well."), 50);
    const run = ask(`How should I rest, ${word}?`);
    await until(() => events.some((event) => event.type === EventType.TEXT_MESSAGE_CONTENT));
    agent.abortRun();
    await run;
    expect(events.at(-1)).toMatchObject({ type: EventType.RUN_FINISHED, outcome: { type: "cancelled" } });
  });

  it("says why there is no answer", async () => {
    await ask("x".repeat(9000)).catch(() => undefined);
    expect(events.at(-1)).toMatchObject({ type: EventType.RUN_ERROR, code: "invalid_request" });
  });
});

describe("a room as an agent", () => {
  it("shows its tasks as subagents and its board as state, and is interrupted by a question", async () => {
    const room = new HerculesRoomAgent(hercules);
    const content =
      "Write a guide for my next race, and a calculator for its pace. Ask me which race I am training for.";
    room.addMessage({ id: "prompt", role: "user", content });
    await room.runAgent({}, listening);
    const [question] = room.pendingInterrupts;
    expect(question).toMatchObject({ reason: "question", responseSchema: { type: "string" } });
    const suspended = events.filter((event) => event.type === EventType.SUBAGENT_FINISHED);
    expect(suspended).toContainEqual(
      expect.objectContaining({ outcome: { type: "suspended", interruptIds: [question!.id] } }),
    );

    events = [];
    await room.runAgent(
      { resume: [{ interruptId: question!.id, status: "resolved", payload: "A 10 km race" }] },
      listening,
    );
    expect(events.at(-1)).toMatchObject({ type: EventType.RUN_FINISHED, outcome: { type: "success" } });
    const params = { path: { room_id: room.roomId! } };
    const stored = (await hercules.api.GET("/v1/rooms/{room_id}", { params })).data!;
    expect(room.state).toEqual({
      room: stored.room,
      tasks: stored.tasks,
      files: stored.files,
      budget: stored.budget,
    });
    const done = events.filter((event) => event.type === EventType.SUBAGENT_FINISHED);
    expect(done).toHaveLength(stored.tasks.length);
  });
});
