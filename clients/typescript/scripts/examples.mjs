// Writes the examples into README.md: each block whose first line names one. `--check`: fails where they differ.
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../README.md", import.meta.url);
const readme = readFileSync(file, "utf8");
const block = /```(tsx?)\n\/\/ (examples\/\S+)\n[^]*?```/g;
const written = readme.replace(block, (_, language, path) => {
  const example = readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
  return `\`\`\`${language}\n// ${path}\n${example}\`\`\``;
});
if (!process.argv.includes("--check")) {
  writeFileSync(file, written);
} else if (written !== readme) {
  console.error("README.md does not show the examples as they are: run `npm run examples`");
  process.exitCode = 1;
}
