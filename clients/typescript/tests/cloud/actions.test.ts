import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { type Action, ActionChanged, type Hercules, StaleProposal } from "../../src/index.js";
import { clientOf, signUp } from "./cloud.js";
import { partsOf } from "./parts.js";
import { until } from "../until.js";

let hercules: Hercules;

beforeEach(async () => {
  hercules = clientOf(await signUp());
});

afterEach(() => hercules.close());

async function proposed(question: string): Promise<Action> {
  const session = await hercules.createSession();
  const parts = await partsOf(session.ask(question));
  return parts.find((part) => part.type === "action")!.action;
}

async function goals(): Promise<string[] | undefined> {
  return (await hercules.api.GET("/v1/profile")).data?.goals;
}

describe("an action", () => {
  it("is in the inbox until it is approved, happens once, and is taken back", async () => {
    const end = hercules.inbox.state.subscribe(() => undefined);
    const action = await proposed("Set my goal to run 5 km.");
    await until(() => hercules.inbox.state.getSnapshot().pendingActions.length === 1);
    expect(await goals()).toEqual([]);

    const done = await hercules.actions.approve(action);
    expect(done.status).toBe("executed");
    expect(await hercules.actions.approve(action)).toEqual(done);
    expect(await goals()).toEqual(["run 5 km"]);
    await until(() => hercules.inbox.state.getSnapshot().pendingActions.length === 0);
    await expect(hercules.actions.reject(action)).rejects.toBeInstanceOf(ActionChanged);

    await hercules.actions.undo(done);
    expect(await goals()).toEqual([]);
    expect(hercules.inbox.state.getSnapshot().usage?.messages_used).toBe(1);
    end();
  });

  it("is approved as it was seen: of one that is out of date the fresh preview comes", async () => {
    const action = await proposed("Set my goal to run 5 km.");
    await hercules.api.PATCH("/v1/profile", { body: { goals: ["first pull-up"] } });
    const stale = await hercules.actions.approve(action).catch((fault: unknown) => fault);
    expect(stale).toBeInstanceOf(StaleProposal);
    const fresh = (stale as StaleProposal).action!;
    expect(fresh.version).toBeGreaterThan(action.version);
    expect(fresh.preview[0]?.before).toEqual(["first pull-up"]);
    expect((await hercules.actions.approve(fresh)).status).toBe("executed");
  });

  it("can be declined", async () => {
    const action = await proposed("Set my goal to run 5 km.");
    expect((await hercules.actions.reject(action, "Not now.")).status).toBe("rejected");
    expect(await hercules.actions.list()).toEqual([]);
  });
});
