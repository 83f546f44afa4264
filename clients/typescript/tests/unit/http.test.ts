import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import {
  createHercules,
  Forbidden,
  type Hercules,
  InputIdRequired,
  InvalidRequest,
  NetworkError,
  NotFound,
  QuotaExceeded,
  ResponseError,
  RoomMovedOn,
  StaleProposal,
  TooMany,
  TurnInProgress,
  Unauthorized,
  Unavailable,
  UrgentAdvice,
} from "../../src/index.js";

let answers: (Response | Error)[];
let requests: Request[];
let tokens: string[];
let hercules: Hercules;

beforeEach(() => {
  vi.useFakeTimers();
  [answers, requests, tokens] = [[], [], ["old"]];
  hercules = createHercules({
    url: "https://api.test/",
    getToken: ({ refresh }) => tokens[refresh ? tokens.length - 1 : 0]!,
    fetch: async (request) => {
      requests.push(request);
      const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
      if (answer instanceof Error) {
        throw answer;
      }
      return answer.clone();
    },
  });
});

afterEach(() => vi.useRealTimers());

function says(status: number, body: unknown = {}, headers: Record<string, string> = {}): Response {
  const type = status < 400 ? "application/json" : "application/problem+json";
  return new Response(JSON.stringify(body), { status, headers: { "content-type": type, ...headers } });
}

/** What a call comes to, however long it waits. */
async function outcome<Value>(call: Promise<Value>): Promise<Value | unknown> {
  const settled = call.catch((fault: unknown) => fault);
  await vi.runAllTimersAsync();
  return settled;
}

describe("a request", () => {
  it("is signed with the user's token, and with a new one where that is refused", async () => {
    tokens = ["old", "new"];
    answers = [says(401, { code: "token_expired" }), says(200, {})];
    await outcome(hercules.usage());
    expect(requests.map((request) => request.headers.get("authorization"))).toEqual(["Bearer old", "Bearer new"]);
  });

  it("is not repeated with a token that was refused", async () => {
    answers = [says(401, { code: "unauthorized" })];
    expect(await outcome(hercules.usage())).toBeInstanceOf(Unauthorized);
    expect(requests).toHaveLength(1);
  });

  it("is sent again under the same key when the network fails", async () => {
    answers = [new TypeError("offline"), new TypeError("offline"), says(201, { id: "s" })];
    await outcome(hercules.createSession());
    const keys = requests.map((request) => request.headers.get("idempotency-key"));
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[!-~]{10,255}$/);
  });

  it("fails when there is no network for long", async () => {
    answers = [new TypeError("offline")];
    expect(await outcome(hercules.usage())).toBeInstanceOf(NetworkError);
    expect(requests).toHaveLength(4);
  });

  it("is given up when the network swallows it, and sent again", async () => {
    let isFirst = true;
    const patient = createHercules({
      url: "https://api.test",
      getToken: () => "token",
      fetch: (request) => {
        requests.push(request);
        if (!isFirst) {
          return Promise.resolve(says(200, {}));
        }
        isFirst = false;
        return new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(new Error("aborted"))));
      },
    });
    expect(await outcome(patient.usage())).toEqual({});
    expect(requests).toHaveLength(2);
  });

  it.each([502, 503, 504])("is sent again when the server is down (%i), after as long as it says", async (status) => {
    answers = [says(status, {}, { "retry-after": "7" }), says(200, {})];
    const call = hercules.usage();
    await vi.advanceTimersByTimeAsync(6_900);
    expect(requests).toHaveLength(1);
    await outcome(call);
    expect(requests).toHaveLength(2);
  });

  it("is not held back for longer than a user waits", async () => {
    answers = [says(503, { code: "unavailable" }, { "retry-after": "3600" })];
    const refused = await outcome(hercules.usage());
    expect(refused).toBeInstanceOf(Unavailable);
    expect(refused).toMatchObject({ retryAfter: 3600, code: "unavailable" });
    expect(requests).toHaveLength(1);
  });

  it("is sent again when the gateway throttles, but not when the week's limit is reached", async () => {
    answers = [new Response('{"message": "Too Many Requests"}', { status: 429 }), says(200, {})];
    await outcome(hercules.usage());
    expect(requests).toHaveLength(2);
    answers = [says(429, { code: "quota_exceeded", limit: "messages", usage: {} }, { "retry-after": "3" })];
    expect(await outcome(hercules.usage())).toBeInstanceOf(QuotaExceeded);
    expect(requests).toHaveLength(3);
  });
});

describe("a response that refuses", () => {
  it.each([
    [403, "forbidden", Forbidden],
    [404, "room_not_found", NotFound],
    [409, "room_ended", RoomMovedOn],
    [409, "plan_not_open", RoomMovedOn],
    [409, "stale_proposal", StaleProposal],
    [409, "turn_in_progress", TurnInProgress],
    [422, "invalid_request", InvalidRequest],
    [422, "input_id_required", InputIdRequired],
    [422, "red_flag", UrgentAdvice],
    [429, "too_many_urgent_messages", TooMany],
    [500, "internal_error", ResponseError],
    [418, "new_in_a_later_version", ResponseError],
  ])("of %i %s is an error of its class", async (status, code, kind) => {
    answers = [says(status, { code, detail: "Said to the user.", request_id: "r1" })];
    const refused = await outcome(hercules.usage());
    expect(refused).toBeInstanceOf(kind);
    expect(refused).toMatchObject({ code, status, message: "Said to the user.", requestId: "r1" });
  });

  it("has the members of its code", async () => {
    answers = [says(409, { code: "stale_proposal", action: { id: "a", version: 2 } })];
    expect(await outcome(hercules.usage())).toMatchObject({ action: { id: "a", version: 2 } });
    answers = [says(409, { code: "turn_in_progress", turn_id: "t" })];
    expect(await outcome(hercules.usage())).toMatchObject({ turnId: "t" });
    answers = [says(422, { code: "input_id_required", input_ids: ["a", "b"] })];
    expect(await outcome(hercules.usage())).toMatchObject({ inputIds: ["a", "b"] });
    answers = [says(422, { code: "invalid_request", errors: [{ field: "content", message: "too long" }] })];
    expect(await outcome(hercules.usage())).toMatchObject({ fields: [{ field: "content", message: "too long" }] });
  });

  it("is an error too where it is no problem document", async () => {
    answers = [new Response("<html>", { status: 413 })];
    expect(await outcome(hercules.usage())).toMatchObject({ status: 413, code: "unknown" });
  });
});
