import { afterEach, describe, expect, it, vi } from "vitest";

import { ChecksumMismatch, createHercules, NetworkError } from "../../src/index.js";

const CONTENT = new TextEncoder().encode("day,km\nmon,5\n");
const SHA256 = "e5b2bb4ab3c1f4c4a0ba7d8c7f8c1b9a0000000000000000000000000000beef"; // of something else

const hercules = createHercules({
  url: "https://api.test",
  getToken: () => "token",
  fetch: async () =>
    Response.json({
      id: "f",
      url: "https://bucket.test/f",
      size: CONTENT.length,
      sha256: SHA256,
      headers: { "content-length": "13", "x-signed": "1" },
    }),
});

afterEach(() => vi.unstubAllGlobals());

/** As React Native and browsers have it: the only way to know how far an upload is. */
class FakeUpload {
  static sent: unknown[] = [];
  readonly upload = { onprogress: (_: { loaded: number }) => undefined as void };
  onload = () => undefined as void;
  onerror = () => undefined as void;
  status = 200;
  private readonly said: unknown[] = [];

  open = (method: string, url: string) => void this.said.push(method, url);
  setRequestHeader = (name: string, value: string) => void this.said.push(name, value);
  send(bytes: Uint8Array): void {
    FakeUpload.sent = [...this.said, bytes];
    [5, bytes.length].forEach((loaded) => this.upload.onprogress({ loaded }));
    this.onload();
  }
}

describe("a file", () => {
  it("that was damaged on its way is not handed out", async () => {
    vi.stubGlobal("fetch", async () => new Response(CONTENT));
    await expect(hercules.room("r").download("f")).rejects.toBeInstanceOf(ChecksumMismatch);
  });

  it("that cannot be reached says so", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("offline")));
    await expect(hercules.room("r").download("f")).rejects.toBeInstanceOf(NetworkError);
  });

  it("is uploaded with the headers that were signed and are not the platform's own, and tells how far it is", async () => {
    vi.stubGlobal("XMLHttpRequest", FakeUpload);
    const progress: number[] = [];
    expect(await hercules.files.upload({ name: "log.csv", content: CONTENT }, (done) => progress.push(done))).toBe("f");
    expect(FakeUpload.sent).toEqual(["PUT", "https://bucket.test/f", "x-signed", "1", CONTENT]);
    expect(progress).toEqual([5, CONTENT.length]);
  });

  it("that the bucket does not take is not taken for uploaded", async () => {
    vi.stubGlobal("fetch", async () => new Response("", { status: 403 }));
    await expect(hercules.files.upload({ name: "log.csv", content: CONTENT })).rejects.toMatchObject({
      code: "upload_refused",
    });
  });
});
