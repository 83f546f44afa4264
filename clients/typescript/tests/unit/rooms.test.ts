import { describe, expect, it } from "vitest";

import { RoomMovedOn } from "../../src/index.js";
import { until } from "../until.js";
import { answering } from "./answers.js";

const ID = "7ad1c6a5-8a51-4f3e-9a55-6a2e56a4f1c0";
const OPEN = { id: ID, status: "processing", hold: null };
const ENDED = { id: ID, status: "completed", hold: null };

function snapshot(room: object) {
  return { body: { room, tasks: [], files: [], messages: [], review: null, inputs: [], steer: [], as_of: 0 } };
}

describe("an owner's room", () => {
  it("is held, changed, let go on, cancelled, tried again, shared and gone on with, as the contract has it", async () => {
    const room = { body: OPEN };
    const { hercules, asked } = answering({
      [`PUT /v1/rooms/${ID}/hold`]: [room],
      [`PATCH /v1/rooms/${ID}/plan`]: [room],
      [`POST /v1/rooms/${ID}/cancel`]: [room],
      [`POST /v1/rooms/${ID}/retry`]: [room],
      [`PUT /v1/rooms/${ID}/share`]: [room],
      [`POST /v1/rooms/${ID}/continue`]: [room],
      [`POST /v1/rooms/${ID}/answer`]: [{ body: { room: OPEN, budget: {} } }],
      [`DELETE /v1/rooms/${ID}`]: [{ status: 204 }],
    });
    const own = hercules.room(ID);
    await own.hold();
    await own.changePlan({ tasks: [{ key: "t2", removed: true }] });
    await own.resume();
    await own.answer("A 10 km race", "q");
    await own.cancel();
    await own.retry();
    await own.share(true);
    await own.continue("Make it shorter.", { budget: { calls: 5 } });
    await own.delete();
    expect(asked).toEqual([
      { name: `PUT /v1/rooms/${ID}/hold`, body: { paused: true } },
      { name: `PATCH /v1/rooms/${ID}/plan`, body: { tasks: [{ key: "t2", removed: true }] } },
      { name: `PUT /v1/rooms/${ID}/hold`, body: { paused: false } },
      { name: `POST /v1/rooms/${ID}/answer`, body: { answer: "A 10 km race", input_id: "q" } },
      { name: `POST /v1/rooms/${ID}/cancel`, body: undefined },
      { name: `POST /v1/rooms/${ID}/retry`, body: undefined },
      { name: `PUT /v1/rooms/${ID}/share`, body: { shared: true } },
      { name: `POST /v1/rooms/${ID}/continue`, body: { follow_up: "Make it shorter.", budget: { calls: 5 } } },
      { name: `DELETE /v1/rooms/${ID}`, body: undefined },
    ]);
  });

  it("is watched on once it is gone on with, though it had ended", async () => {
    const { hercules } = answering({
      [`GET /v1/rooms/${ID}`]: [snapshot(ENDED), snapshot(OPEN)],
      [`GET /v1/rooms/${ID}/events`]: [{ body: { items: [], as_of: 0 } }],
      [`POST /v1/rooms/${ID}/continue`]: [{ body: OPEN }],
    });
    const room = hercules.room(ID);
    for await (const state of room.watch()) {
      expect(state.status === "loading" || state.room?.status === "completed").toBe(true);
    }
    await room.continue("Make it shorter.");
    expect(room.state.getSnapshot().room?.status).toBe("processing");
    hercules.close();
  });

  it("that is not as the app thought is read anew", async () => {
    const { hercules } = answering({
      [`GET /v1/rooms/${ID}`]: [snapshot(OPEN), snapshot(ENDED)],
      [`GET /v1/rooms/${ID}/events`]: [{ body: { items: [], as_of: 0 } }],
      [`PUT /v1/rooms/${ID}/hold`]: [{ status: 409, body: { code: "room_ended" } }],
    });
    const room = hercules.room(ID);
    const end = room.state.subscribe(() => undefined);
    await until(() => room.state.getSnapshot().room?.status === "processing");
    await expect(room.hold()).rejects.toBeInstanceOf(RoomMovedOn);
    await until(() => room.state.getSnapshot().room?.status === "completed");
    end();
    hercules.close();
  });

  it("that is not there is asked for by the name it was shared by, and rejects nothing that nobody awaits", async () => {
    const { hercules, asked } = answering({
      "GET /v1/rooms/name": [{ status: 404, body: { code: "room_not_found" } }],
    });
    const room = hercules.room("name");
    const end = room.state.subscribe(() => undefined);
    await until(() => room.state.getSnapshot().status === "failed");
    expect(asked.map(({ name }) => name)).toEqual(["GET /v1/rooms/name"]);
    end();
    hercules.close();
  });
});

describe("a conversation", () => {
  it("under what is no id has failed, and is not asked for again", async () => {
    const { hercules, asked } = answering({
      "GET /v1/chat/sessions/rubbish": [{ status: 422, body: { code: "invalid_request" } }],
    });
    const session = hercules.session("rubbish");
    const end = session.state.subscribe(() => undefined);
    await until(() => session.state.getSnapshot().status === "failed");
    expect(asked.filter(({ name }) => name === "GET /v1/chat/sessions/rubbish")).toHaveLength(1);
    end();
    hercules.close();
  });
});
