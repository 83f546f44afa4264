import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { Forbidden, type Hercules } from "../../src/index.js";
import { Knowledge, Operations } from "../../src/operator.js";
import { clientOf, signUp, signUpOperator, type User } from "./cloud.js";

let user: User;
let hercules: Hercules;
let operations: Operations;
let knowledge: Knowledge;

beforeEach(async () => {
  user = await signUp();
  hercules = clientOf(await signUpOperator());
  operations = new Operations(hercules);
  knowledge = new Knowledge(hercules);
});

afterEach(() => hercules.close());

describe("an operator", () => {
  it("gives a file, sees it become a document, finds it, and deletes it", async () => {
    const name = `guides/${crypto.randomUUID()}.md`;
    const word = `Zirkeltraining${Date.now()}`;
    const text = `# ${word}\n\nAt ${word} nobody rests for more than thirty seconds between two stations.\n`;
    const progress: number[] = [];
    const file = { name, content: new TextEncoder().encode(text) };
    const uploaded = await knowledge.upload(file, (done) => progress.push(done));
    expect(progress.at(-1)).toBe(file.content.length);
    const seen = [];
    for await (const document of knowledge.follow([uploaded])) {
      seen.push(document);
    }
    expect(seen.at(-1)).toMatchObject({ source: name, status: "ready", title: word, chunk_count: 1, warnings: [] });
    const found = await knowledge.search(`How long does one rest at ${word}?`, { limit: 1 });
    expect(found).toMatchObject([{ source: name, title: word }]);
    expect((await knowledge.chunks(seen.at(-1)!)).items).toMatchObject([{ content: found[0]!.content }]);
    await knowledge.delete(seen.at(-1)!);
    expect((await knowledge.list({ status: "deleted" })).items.map((one) => one.source)).toContain(name);
  });

  it("is told why a file cannot be read", async () => {
    const name = `${crypto.randomUUID()}.pdf`;
    const uploaded = await knowledge.upload({ name, content: new TextEncoder().encode("%PDF-1.7 and nothing more") });
    const seen = [];
    for await (const document of knowledge.follow([uploaded])) {
      seen.push(document);
    }
    expect(seen.at(-1)).toMatchObject({ source: name, status: "failed", error: { code: "corrupt" } });
  });

  it("sees what was asked and what it cost, and puts a user on a plan", async () => {
    const asking = clientOf(user);
    const message = await (await asking.createSession()).ask("How often should I take a deload week?");
    await asking.api.PUT("/v1/messages/{message_id}/rating", {
      params: { path: { message_id: message.id } },
      body: { rating: -1, reasons: [], comment: "Too short." },
    });
    asking.close();
    expect((await operations.usage()).total.uses).toBeGreaterThan(0);
    const turns = await operations.turns({ status: "completed" });
    expect(turns.items.some((turn) => turn.user_id === user.id && turn.message_id === message.id)).toBe(true);
    expect((await operations.turn(message.turn_id!)).turn.message_id).toBe(message.id);
    const ratings = await operations.ratings({ rating: -1 });
    expect(ratings.items).toContainEqual(expect.objectContaining({ message_id: message.id, comment: "Too short." }));
    const { plan, usage } = await operations.planOf(user.id);
    expect(usage.messages_used).toBe(1);
    expect((await operations.plans()).map(({ id }) => id)).toContain(plan);
    expect((await operations.changePlanOf(user.id, plan)).plan).toBe(plan);
    await expect(operations.changePlanOf(user.id, "none")).rejects.toMatchObject({ code: "unknown_plan" });
    await expect(operations.knowledge()).resolves.toHaveProperty("never_cited");
    await expect(operations.safety()).resolves.toHaveProperty("items");
    await expect(operations.rooms({ limit: 1 })).resolves.toHaveProperty("days");
  });

  it("is nobody who only says so", async () => {
    const pretending = clientOf(user);
    await expect(new Operations(pretending).usage()).rejects.toBeInstanceOf(Forbidden);
    await expect(new Knowledge(pretending).list()).rejects.toBeInstanceOf(Forbidden);
    pretending.close();
  });
});
