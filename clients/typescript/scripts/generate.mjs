// Writes the contract's types: of the HTTP API, and of the frames of its socket, which are schemas of the same kind.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const contract = (name) => JSON.parse(readFileSync(new URL(`../../../infra/${name}.json`, import.meta.url), "utf8"));
const types = async (document) => astToString(await openapiTS(document, { defaultNonNullable: false, silent: true }));

const { info, components } = contract("asyncapi");
const frames = { openapi: "3.1.0", info, paths: {}, components: { schemas: components.schemas } };

/** Whole or not at all, and not anew when nothing has changed: others may be reading. */
function write(name, text) {
  const file = new URL(`../src/generated/${name}`, import.meta.url);
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) {
    const draft = new URL(`${file}.${process.pid}`);
    writeFileSync(draft, text);
    renameSync(draft, file);
  }
}

mkdirSync(new URL("../src/generated/", import.meta.url), { recursive: true });
write("openapi.ts", await types(contract("openapi")));
write("frames.ts", await types(frames));
