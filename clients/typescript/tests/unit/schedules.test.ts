import { describe, expect, it } from "vitest";

import type { RoomSchedule } from "../../src/index.js";
import { answering } from "./answers.js";

const SUNDAY = { id: "s", task_prompt: "My week.", weekdays: ["sunday"], at: "18:00" } as RoomSchedule;

describe("a schedule of rooms", () => {
  it("is made, listed, paused and ended, as the contract has it", async () => {
    const { hercules, asked } = answering({
      "GET /v1/room-schedules": [{ body: { items: [SUNDAY] } }],
      "POST /v1/room-schedules": [{ status: 201, body: SUNDAY }],
      "PATCH /v1/room-schedules/s": [{ body: { ...SUNDAY, paused: true } }],
      "DELETE /v1/room-schedules/s": [{ status: 204 }],
    });
    const wanted = { task_prompt: "My week.", weekdays: ["sunday" as const], at: "18:00" };
    const made = await hercules.schedules.create(wanted);
    expect(await hercules.schedules.list()).toEqual([made]);
    expect((await hercules.schedules.change(made, { paused: true })).paused).toBe(true);
    await hercules.schedules.delete(made);
    expect(asked).toEqual([
      { name: "POST /v1/room-schedules", body: wanted },
      { name: "GET /v1/room-schedules", body: undefined },
      { name: "PATCH /v1/room-schedules/s", body: { paused: true } },
      { name: "DELETE /v1/room-schedules/s", body: undefined },
    ]);
    hercules.close();
  });
});
