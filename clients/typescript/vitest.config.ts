import { defineConfig } from "vitest/config";

const source = (name: string) => new URL(`src/${name}.ts`, import.meta.url).pathname;

export default defineConfig({
  resolve: {
    alias: [
      { find: /^@hercules\/client$/, replacement: source("index") },
      { find: /^@hercules\/client\/(.+)$/, replacement: source("$1") },
    ],
  },
  test: {
    // Functions start cold, on a machine that does other things too.
    testTimeout: 180_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
