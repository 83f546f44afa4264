// Unpacks the Chromium that the package @sparticuz/chromium brings, for tests/support/browser.py: part of `make setup`.
// It runs on Linux on x86-64; elsewhere the tests take the system's.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import chromium from "@sparticuz/chromium";

// Its own font only: what a page looks like does not depend on the machine. The package's own file is for Lambda.
// The cache has its whole path: a relative one would be that of whoever runs Chromium.
const fonts = (folder) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">fonts</dir><cachedir>${folder}/fonts/cache</cachedir></fontconfig>
`;

if (process.platform === "linux" && process.arch === "x64") {
  const folder = fileURLToPath(new URL("../../node_modules/.chromium", import.meta.url));
  mkdirSync(folder, { recursive: true });
  process.env.TMPDIR = folder; // where the package unpacks to
  await chromium.executablePath();
  writeFileSync(`${folder}/fonts/fonts.conf`, fonts(folder));
}
