import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const client = (name: string) => fileURLToPath(new URL(`../typescript/src/${name}`, import.meta.url));

export default defineConfig({
  base: "./", // the same files serve from any address
  plugins: [react()],
  resolve: {
    alias: [
      { find: /^@hercules\/client$/, replacement: client("index.ts") },
      { find: /^@hercules\/client\/(.+)$/, replacement: client("$1.ts") },
    ],
    dedupe: ["react", "react-dom"], // the library's sources have one beside them too
  },
  build: { target: "es2022", assetsInlineLimit: 0 },
});
