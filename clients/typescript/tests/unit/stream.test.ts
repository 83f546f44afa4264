import { afterEach, expect, it, vi } from "vitest";

import type { EventPage } from "../../src/events.js";
import type { Socket } from "../../src/realtime/socket.js";
import { type Reader, Stream } from "../../src/realtime/stream.js";

afterEach(() => vi.useRealTimers());

it("a server that does not answer is asked once, and again only some seconds after it did", async () => {
  vi.useFakeTimers();
  const asked: ((page: EventPage) => void)[] = [];
  const reader: Reader = {
    reread: () => Promise.resolve(0),
    read: () => new Promise((answer) => asked.push(answer)),
    take: () => undefined,
    preview: () => undefined,
    live: () => undefined,
    isBusy: () => true,
    failed: () => undefined,
  };
  const socket = { listen: () => () => undefined } as unknown as Socket;
  const stream = new Stream(socket, () => "room:r", reader);
  stream.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked.length).toBe(1);

  asked[0]!({ items: [], as_of: 0, gap: false } as unknown as EventPage);
  await vi.advanceTimersByTimeAsync(0);
  expect(asked.length).toBe(1);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked.length).toBe(2);
  stream.stop();
});
