import { describe, expect, it } from "vitest";

import { createHercules, Unavailable } from "../../src/index.js";
import { answering } from "./answers.js";

const RECEIPT = { status: "deleted", auth: "deleted", database: { rooms: 2 }, storage: { objects: 3 } };
const BUSY = Response.json({ code: "database_unavailable" }, { status: 503, headers: { "retry-after": "60" } });

/** A device that keeps a conversation, and its client. */
function device(answer: Response) {
  const kept = new Map([
    ["hercules:index", '["session:s"]'],
    ["hercules:session:s", "{}"],
  ]);
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const fetch = () => Promise.resolve(answer);
  return { kept, hercules: createHercules({ url: "https://api.test", getToken: () => "token", fetch, storage }) };
}

describe("an account", () => {
  it("is exported into a file, of which is said where it is", async () => {
    const file = { url: "https://bucket.test/all.json.gz", bytes: 368, expires_at: "2026-11-29T16:30:16Z" };
    const { hercules, asked } = answering({ "GET /v1/account/export": [{ body: file }] });
    expect(await hercules.account.export()).toEqual(file);
    expect(asked).toHaveLength(1);
  });

  it("is deleted on the device too", async () => {
    const { kept, hercules } = device(Response.json(RECEIPT));
    expect(await hercules.account.delete()).toEqual(RECEIPT);
    expect([...kept.keys()]).toEqual([]);
  });

  it("stays on the device where it could not be deleted", async () => {
    const { kept, hercules } = device(BUSY);
    await expect(hercules.account.delete()).rejects.toBeInstanceOf(Unavailable);
    expect(kept.has("hercules:session:s")).toBe(true);
  });
});
