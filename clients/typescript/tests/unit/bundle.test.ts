/** What the library adds to an app. */
import { build } from "esbuild";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";

const LIMIT = 20_000; // bytes, gzipped

async function bundled(entry: string, external: string[] = []) {
  const { outputFiles, metafile } = await build({
    entryPoints: [new URL(`../../src/${entry}`, import.meta.url).pathname],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    external,
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  return { bytes: gzipSync(outputFiles[0]!.contents).length, inputs: Object.keys(metafile.inputs) };
}

describe("the library in an app", () => {
  it("is small", async () => {
    const { bytes } = await bundled("index.ts");
    console.info(`@hercules/client: ${bytes} bytes`);
    expect(bytes).toBeLessThan(LIMIT);
  });

  it.each([
    ["react.ts", ["react"]],
    ["operator.ts", []],
    ["ai-sdk.ts", ["ai"]],
    ["ag-ui.ts", ["@ag-ui/client", "rxjs"]],
  ])("is no larger with %s", async (entry, external) => {
    const { bytes } = await bundled(entry, external);
    expect(bytes).toBeLessThan(LIMIT);
  });

  it("needs nothing of Node, and nothing of an adapter that is not used", async () => {
    const { inputs } = await bundled("index.ts"); // for a browser esbuild refuses Node's modules
    expect(
      inputs.filter((input) => input.includes("node_modules")).map((input) => input.match(/node_modules\/([^/]+)/)![1]),
    ).toEqual(expect.arrayContaining(["partysocket", "openapi-fetch"]));
    expect(inputs.filter((input) => /node_modules\/(react|ai|rxjs|@ag-ui)\//.test(input))).toEqual([]);
  });
});
