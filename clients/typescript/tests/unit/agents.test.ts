import { describe, expect, it } from "vitest";

import { Agents, type AgentsAtWork } from "../../src/agents.js";
import type { AgentCalled, AgentDelta } from "../../src/events.js";

const FRAME = { v: 1, stream: "room:r", ts: "2026-11-29T10:00:00Z" } as const;

function writes(text: string, at: Partial<AgentDelta["data"]> = {}): AgentDelta {
  const data = { task_id: "a", attempt: 1, call: 1, filename: "guide.md", index: 0, offset: 0, text, ...at };
  return { ...FRAME, type: "agent.delta", data };
}

function calls(tool: string, at: Partial<AgentCalled["data"]> = {}): AgentCalled {
  return { ...FRAME, type: "agent.called", data: { task_id: "a", attempt: 1, call: 1, filename: null, tool, ...at } };
}

function shown(...frames: (AgentCalled | AgentDelta)[]) {
  const agents = new Agents();
  return frames.reduce((all, frame) => agents.take(frame) ?? all, {} as AgentsAtWork);
}

describe("an agent at work", () => {
  it("shows what it writes as far as it has come, and what it called", () => {
    const frames = [calls("search"), writes("Rest. "), writes("Sleep.", { index: 1, offset: 6 }), calls("write_file")];
    const called = ["search", "write_file"].map((tool) => ({ tool, filename: null }));
    expect(shown(...frames)).toEqual({ a: { filename: "guide.md", text: "Rest. Sleep.", called } });
  });

  it("is shown beside others", () => {
    expect(Object.keys(shown(writes("Rest."), writes("Run.", { task_id: "b" })))).toEqual(["a", "b"]);
  });

  it("begins anew with each file and each call", () => {
    expect(shown(writes("Rest."), writes("x", { filename: "plan.md" })).a).toMatchObject({ text: "x" });
    expect(shown(writes("Rest."), writes("Eat.", { call: 2 })).a).toMatchObject({ text: "Eat." });
  });

  it("that was overtaken shows nothing any more", () => {
    const late = [writes("Late."), calls("search")];
    expect(shown(writes("Rest.", { attempt: 2 }), ...late).a).toEqual({
      filename: "guide.md",
      text: "Rest.",
      called: [],
    });
  });

  it("shows no preview of what is done, but what was called", () => {
    const agents = new Agents();
    [calls("search"), writes("Rest.")].forEach((frame) => agents.take(frame));
    expect(agents.end("a").a).toEqual({ filename: null, text: "", called: [{ tool: "search", filename: null }] });
    expect(agents.take(writes("Sleep.", { call: 2 }))!.a!.text).toBe("Sleep.");
  });
});
