/** The examples of the README, run as they stand there. */
import { readFileSync } from "node:fs";

import { createClient } from "@supabase/supabase-js";
import { afterEach, describe, expect, it, vi } from "vitest";
import WebSocket from "ws";

import { approve } from "../../examples/approve.js";
import { guide } from "../../examples/room.js";
import type { Hercules, RoomState } from "../../src/index.js";
import { clientOf, given, signUp } from "./cloud.js";
import { partsOf } from "./parts.js";

let hercules: Hercules | undefined;

afterEach(() => {
  hercules?.close();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("the example", () => {
  it("ask.ts writes an answer as it comes, in at most twelve lines", async () => {
    const [EMAIL, PASSWORD] = [`${crypto.randomUUID()}@example.com`, crypto.randomUUID()];
    vi.stubGlobal("WebSocket", WebSocket); // as every runtime but Node 20 has it
    const supabase = createClient(given("SUPABASE_URL"), given("SUPABASE_ANON_KEY"));
    await supabase.auth.signUp({ email: EMAIL, password: PASSWORD });
    Object.assign(process.env, { EMAIL, PASSWORD });
    const written: string[] = [];
    vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
    await import("../../examples/ask.js");
    expect(written.join("")).toMatch(/deload/i);
    const example = readFileSync(new URL("../../examples/ask.ts", import.meta.url), "utf8");
    expect(example.split("\n").filter(Boolean).length).toBeLessThanOrEqual(12);
  });

  it("approve.ts shows what is out of date again", async () => {
    hercules = clientOf(await signUp());
    const session = await hercules.createSession();
    const parts = await partsOf(session.ask("Set my goal to run 5 km."));
    const action = parts.find((part) => part.type === "action")!.action;
    await hercules.api.PATCH("/v1/profile", { body: { goals: ["first pull-up"] } });
    const done = await approve(hercules, action, async (fresh) => fresh.version > action.version);
    expect(done?.status).toBe("executed");
  });

  it("room.ts gives a room a file, answers its question and reads what it wrote", async () => {
    hercules = clientOf(await signUp());
    const states: RoomState[] = [];
    const files = await guide(hercules, new Blob(["day,km\nmon,5\n"]), (state) => states.push(state));
    expect(states.at(-1)?.room?.status).toBe("completed");
    expect(files.length).toBeGreaterThan(1);
  });
});
