import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { type Hercules, TurnCancelled } from "../../src/index.js";
import { clientOf, signUp } from "./cloud.js";
import { says } from "./models.js";
import { partsOf, shown } from "./parts.js";
import { until } from "../until.js";

let hercules: Hercules;

beforeEach(async () => {
  hercules = clientOf(await signUp());
});

afterEach(() => hercules.close());

describe("a question", () => {
  it("is answered part by part, and the parts make up the stored message", async () => {
    const session = await hercules.createSession("Deloads");
    const answer = session.ask("How often should I take a deload week?");
    const parts = await partsOf(answer);
    const message = await answer;
    expect(parts[0]).toMatchObject({ type: "started" });
    expect(parts.at(-1)).toMatchObject({ type: "finished", message });
    expect(parts.filter((part) => part.type === "citation")).not.toHaveLength(0);
    expect(shown(parts)).toBe(message.content);
    expect(answer.text).toBe(message.content);
  });

  it("is seen being answered, by whoever watches the conversation", async () => {
    const word = await says(Array(12).fill("Rest well."), 60);
    const session = await hercules.createSession();
    const previews = new Set<string>();
    const end = session.state.subscribe(() => previews.add(session.state.getSnapshot().preview));
    const message = await session.ask(`How should I rest, ${word}?`);
    await until(() => session.state.getSnapshot().messages.length === 2);
    end();
    expect(session.state.getSnapshot()).toMatchObject({ status: "ready", turn: undefined, preview: "" });
    expect(session.state.getSnapshot().messages.at(-1)).toEqual(message);
    expect(previews.size).toBeGreaterThan(2);
    expect([...previews].filter((text) => !message.content.startsWith(text))).toEqual([]);
  });

  it("can be stopped, and then is not answered", async () => {
    const word = await says(Array(200).fill("Rest well."), 50);
    const session = await hercules.createSession();
    const answer = session.ask(`How should I rest, ${word}?`);
    await until(() => answer.text !== "");
    await answer.stop();
    const parts = await partsOf(answer);
    const last = parts.at(-1);
    if (last?.type === "finished") {
      expect(last.turn.status).toBe("cancelled");
      expect(last.message.content.length).toBeLessThan(2000);
    } else {
      await expect(answer.then()).rejects.toBeInstanceOf(TurnCancelled);
    }
  });

  it("of something urgent is answered with advice", async () => {
    const session = await hercules.createSession();
    const parts = await partsOf(session.ask("I have crushing chest pain right now and my left arm is numb."));
    expect(parts.map((part) => part.type)).toContain("advice");
  });

  it("for a change is answered with an action", async () => {
    const session = await hercules.createSession();
    const parts = await partsOf(session.ask("Set my goal to run 5 km."));
    const proposed = parts.filter((part) => part.type === "action").map((part) => part.action);
    expect(proposed).toMatchObject([{ action_type: "update_profile", status: "pending" }]);
    expect(session.state.getSnapshot().pendingActions).toEqual(proposed);
  });
});
