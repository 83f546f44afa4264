import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { answering } from "./answers.js";

const PATH = "/v1/chat/sessions/s";
const RUNNING = { id: "t", session_id: "s", status: "running", partial_content: "Every " };
const MESSAGE = { id: "m", role: "assistant", content: "Every six weeks.", turn_id: "t", metadata: {} };
const AT_LAST = { ...RUNNING, status: "completed", message: MESSAGE };

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("a question", () => {
  // shared/platform/outlasting.py: an answer that takes longer is given later, whatever was preferred.
  it.each([0, 24_000])(
    "that is answered later, as the server says after %i ms, is followed to its answer",
    async (after) => {
      const { hercules, asked } = answering({
        [`GET ${PATH}`]: [{ body: { session: {}, messages: [], pending_actions: [], next_cursor: null, as_of: 0 } }],
        [`GET ${PATH}/events`]: [{ body: { items: [], as_of: 0 } }],
        [`POST ${PATH}/messages`]: [{ status: 202, body: { turn: RUNNING }, after }],
        [`GET ${PATH}/turns/t`]: [{ body: RUNNING }, { body: AT_LAST }],
      });
      const answer = hercules.session("s").ask("How often should I deload?");
      await vi.advanceTimersByTimeAsync(after + 30_000);
      expect(await answer).toEqual(MESSAGE);
      expect(answer.text).toBe("Every six weeks.");
      expect(asked.filter(({ name }) => name.startsWith("POST") && name.endsWith("messages"))).toHaveLength(1);
      hercules.close();
    },
  );
});
