import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Knowledge } from "../../src/operator.js";
import { answering } from "./answers.js";

const FILE = { name: "deload.md", content: new TextEncoder().encode("# Deloads\n") };
const FORM = { status: 201, body: { url: "https://bucket.test/", fields: { key: "deload.md", policy: "p" } } };

const listed = (...documents: [source: string, status: string, at: string][]) => ({
  body: {
    items: documents.map(([source, status, at]) => ({ source, status, updated_at: `2026-11-29T10:${at}Z` })),
    next_cursor: null,
  },
});

let sent: [string, string][];

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  vi.stubGlobal("fetch", async (_: string, { body }: { body: FormData }) => {
    sent = await Promise.all(
      [...body].map(async ([name, value]): Promise<[string, string]> => [name, await new Response(value).text()]),
    );
    return new Response(null, { status: 204 });
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a document", () => {
  it("is put into the bucket by a form whose last field is the file", async () => {
    const { hercules, asked } = answering({
      "GET /v1/knowledge/documents": [listed()],
      "POST /v1/knowledge/uploads": [FORM],
    });
    const upload = new Knowledge(hercules).upload(FILE);
    await vi.runAllTimersAsync();
    await upload;
    expect(asked.at(-1)!.body).toEqual({ source: "deload.md", content_type: "text/markdown", size: 10 });
    expect(sent).toEqual([
      ["key", "deload.md"],
      ["policy", "p"],
      ["file", "# Deloads\n"],
    ]);
  });

  it("is followed from the queue to its end, and not taken for what it was before", async () => {
    const { hercules } = answering({
      "GET /v1/knowledge/documents": [
        listed(["old.md", "ready", "00:05"], ["deload.md", "ready", "00:04"]),
        listed(["old.md", "ready", "00:05"], ["deload.md", "ready", "00:04"]),
        listed(["deload.md", "pending", "00:06"], ["old.md", "ready", "00:05"]),
        listed(["deload.md", "failed", "00:06.5"], ["old.md", "ready", "00:05"]),
      ],
      "POST /v1/knowledge/uploads": [FORM],
    });
    const knowledge = new Knowledge(hercules);
    const statuses: string[] = [];
    const followed = (async () => {
      for await (const document of knowledge.follow([await knowledge.upload(FILE)])) {
        statuses.push(document.status);
      }
    })();
    await vi.runAllTimersAsync();
    await followed;
    expect(statuses).toEqual(["pending", "failed"]);
  });

  it("of a kind that is not taken is refused before anything is sent", async () => {
    const { hercules, asked } = answering({});
    const refused = new Knowledge(hercules).upload({ ...FILE, name: "film.mp4" });
    await expect(refused).rejects.toMatchObject({ code: "unsupported" });
    expect(asked).toEqual([]);
  });
});
