/** In a runtime that has of the web what React Native has, and no more. */
import { build } from "esbuild";
import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import WebSocket from "ws";

import type { createHercules as CreateHercules } from "../../src/index.js";
import { API_URL, signUp } from "./cloud.js";
import { says } from "./models.js";

/** What React Native 0.81 puts into its global object, as far as the library could want it. */
function globals(): Record<string, unknown> {
  const { console, setTimeout, clearTimeout, setInterval, clearInterval, queueMicrotask } = globalThis;
  const { fetch, Headers, Request, Response, FormData, Blob, File, URL, URLSearchParams, AbortController } = globalThis;
  const timing = { console, setTimeout, clearTimeout, setInterval, clearInterval, queueMicrotask };
  const network = { fetch, Headers, Request, Response, FormData, Blob, File, URL, URLSearchParams, AbortController };
  return { ...timing, ...network, WebSocket, navigator: { product: "ReactNative" } };
}

/** The library as Metro bundles it, run. */
async function library(): Promise<{ createHercules: typeof CreateHercules }> {
  const { outputFiles } = await build({
    stdin: {
      contents: 'import "./src/react-native.ts"; export * from "./src/index.ts";',
      resolveDir: new URL("../..", import.meta.url).pathname,
    },
    bundle: true,
    format: "iife",
    globalName: "library",
    platform: "neutral",
    mainFields: ["module", "main"],
    write: false,
  });
  return runInContext(`${outputFiles[0]!.text}; library`, createContext(globals()));
}

describe("in React Native", () => {
  it("an answer is streamed over the socket", async () => {
    const { createHercules } = await library();
    const { token } = await signUp();
    const hercules = createHercules({ url: API_URL, getToken: () => token });
    const session = await hercules.createSession();
    const answer = session.ask(`How should I rest, ${await says(Array(12).fill("Rest well."), 60)}?`);
    const texts: string[] = [];
    for await (const part of answer) {
      if (part.type === "text") {
        texts.push(part.text);
      }
    }
    expect(texts.length).toBeGreaterThan(1);
    expect(texts.join("")).toBe((await answer).content);
    hercules.close();
  });
});
