import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Event, Hercules, Room, RoomState } from "../../src/index.js";
import { NotFound, RoomMovedOn } from "../../src/index.js";
import { clientOf, signUp } from "./cloud.js";
import { FaultyNetwork } from "./faulty_network.js";
import { until } from "../until.js";

const PROMPT =
  "Write a guide for my next race, and a calculator in Python for its pace. Ask me which race I am training for.";

let network: FaultyNetwork;
let hercules: Hercules;

beforeEach(async () => {
  network = await FaultyNetwork.open();
  hercules = clientOf(await signUp(), network.url);
});

afterEach(() => {
  hercules.close();
  network.close();
});

/** Watch a room to its end, and answer what it asks; every state that was shown, and every event. */
async function watched(room: Room): Promise<{ states: RoomState[]; events: Event[] }> {
  const [states, events, answered]: [RoomState[], Event[], Set<string>] = [[], [], new Set()];
  const end = room.onEvent((event) => events.push(event));
  for await (const state of room.watch()) {
    states.push(state);
    for (const question of state.questions.filter((one) => !answered.has(one.id))) {
      answered.add(question.id);
      await room.answer("A 10 km race", question.id);
    }
  }
  await until(() => events.some((event) => event.type === "room.updated" && event.data.room.ended_at !== null));
  end();
  return { states, events };
}

/** The room's state as somebody reads it who has seen nothing before. */
async function stored(room: Room) {
  const { data } = await hercules.api.GET("/v1/rooms/{room_id}", { params: { path: { room_id: room.id } } });
  return data!;
}

describe("a room", () => {
  it("is watched over a socket that breaks and repeats, asks its owner, and is shown as it is stored", async () => {
    let frames = 0;
    network.deliver = (frame) => {
      frames += 1;
      if (frames % 5 === 0) {
        network.cut();
      }
      return frames % 5 === 0 ? [] : [frame, frame];
    };
    const room = await hercules.createRoom(PROMPT);
    const { states, events } = await watched(room);
    const snapshot = await stored(room);
    await until(() => room.state.getSnapshot().room?.ended_at !== null);
    const last = states.at(-1)!;
    expect(last.room?.status).toBe("completed");
    expect(last.tasks).toEqual(snapshot.tasks);
    expect(last.files.map((file) => file.filename).sort()).toEqual(snapshot.files.map((file) => file.filename).sort());
    expect(states.some((state) => state.questions.length > 0)).toBe(true);
    expect(last.questions).toEqual([]);
    expect(states.some((state) => Object.values(state.agents).some((agent) => agent.called.length > 0))).toBe(true);
    expect(Object.values(last.agents).filter((agent) => agent.text)).toEqual([]);
    const first = events[0]!.seq;
    expect(events.map((event) => event.seq)).toEqual(events.map((_, at) => first + at));
    expect(network.opened).toBeGreaterThan(1);
  });

  it("is opened with files whose checksums are right, and its files are read with progress", async () => {
    const content = new TextEncoder().encode("day,km\nmon,5\n");
    const progress: number[] = [];
    const id = await hercules.files.upload({ name: "log.csv", content }, (done) => progress.push(done));
    expect(progress.at(-1)).toBe(content.length);
    const room = await hercules.createRoom("Write a guide to deload weeks.", { input_file_ids: [id] });
    const { states } = await watched(room);
    expect(states.some((state) => Object.values(state.agents).some((agent) => agent.text !== ""))).toBe(true);
    const file = states.at(-1)!.files.find((one) => one.filename === "log.csv");
    const read: number[] = [];
    expect(await room.download(file!.id, { onProgress: (done) => read.push(done) })).toEqual(content);
    expect(read.at(-1)).toBe(content.length);
  });

  it("shows its plan first, is changed by its owner, and goes on when its result is to be another", async () => {
    const room = await hercules.createRoom("Write a guide to deload weeks.", { approve_plan: true });
    const end = room.state.subscribe(() => undefined);
    await until(() => room.state.getSnapshot().room?.status_reason === "plan_ready");
    const { key, brief } = room.state.getSnapshot().tasks[0]!;
    await room.changePlan({ criteria: ["It says how often."], tasks: [{ key, brief: `${brief} In few words.` }] });
    expect(room.state.getSnapshot()).toMatchObject({ room: { criteria: ["It says how often."] } });
    expect(room.state.getSnapshot().tasks[0]!.brief).toBe(`${brief} In few words.`);
    await room.resume();
    await until(() => room.state.getSnapshot().room?.status === "completed");
    await expect(room.hold()).rejects.toBeInstanceOf(RoomMovedOn);
    const { review, files } = room.state.getSnapshot();
    expect(review?.criteria.map((one) => one.criterion)).toEqual(["It says how often."]);
    await room.continue("Make it shorter.");
    expect(room.state.getSnapshot().room).toMatchObject({ part: 2, follow_up: "Make it shorter." });
    await until(() => room.state.getSnapshot().room?.status_reason === "plan_ready");
    await room.resume();
    await until(() => room.state.getSnapshot().room?.status === "completed");
    const names = (await room.files()).filter((file) => file.versions.length > 0).map((file) => file.filename);
    expect(names).toEqual(expect.arrayContaining(files.map((file) => file.filename)));
    expect(names.length).toBeGreaterThan(files.length);
    const seen = room.events.subscribe(() => undefined);
    await until(() => room.events.getSnapshot().at(-1)?.type === "room.updated");
    expect(room.events.getSnapshot()[0]!.seq).toBe(1);
    [seen, end].forEach((stop) => stop());
    await room.delete();
    await expect(room.files()).rejects.toBeInstanceOf(NotFound);
  });

  it("that waits is in its owner's inbox, and is watched by whoever has its shared name", async () => {
    const end = hercules.inbox.state.subscribe(() => undefined);
    const room = await hercules.createRoom(PROMPT);
    await until(() =>
      hercules.inbox.state.getSnapshot().rooms.some((one) => one.id === room.id && one.status === "active"),
    );
    expect((await hercules.rooms()).items.map((one) => one.id)).toEqual([room.id]);
    await room.share(true);
    const { room_id } = (await stored(room)).room;
    const watcher = clientOf(await signUp());
    const seen = watcher.room(room_id);
    const stop = seen.state.subscribe(() => undefined);
    await until(() => seen.isLive);
    expect(seen.state.getSnapshot()).toMatchObject({ access: "reader", questions: [], steer: [] });
    await room.answer("A 10 km race");
    await until(() => seen.state.getSnapshot().room?.status === "completed");
    await room.share(false);
    await expect(seen.files()).rejects.toBeInstanceOf(NotFound);
    [stop, end].forEach((one) => one());
    watcher.close();
  });

  it("of somebody else is not there", async () => {
    const room = await hercules.createRoom("Write a guide to deload weeks.");
    const stranger = clientOf(await signUp());
    await expect(stranger.room(room.id).file(room.id)).rejects.toBeInstanceOf(NotFound);
    const seen = stranger.room(room.id);
    const end = seen.state.subscribe(() => undefined);
    await until(() => seen.state.getSnapshot().status === "failed");
    expect(seen.state.getSnapshot().error).toBeInstanceOf(NotFound);
    end();
    stranger.close();
    await room.cancel();
  });
});
