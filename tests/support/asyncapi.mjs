// Reads an AsyncAPI document from stdin with the parser of the AsyncAPI project, and says what it has against it and what
// it found: the operations, and the ids of the messages of each.
import { text } from "node:stream/consumers";
import { Parser } from "@asyncapi/parser";

const { document, diagnostics } = await new Parser().parse(await text(process.stdin));
const faults = diagnostics.map((one) => `${one.path.join(".")}: ${one.message}`);
const operations = document?.operations().all() ?? [];
const messages = operations.map((one) => [one.id(), one.messages().all().map((message) => message.id())]);
process.stdout.write(JSON.stringify({ faults, operations: Object.fromEntries(messages) }));
