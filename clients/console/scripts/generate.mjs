// Writes the schemas of what can be edited in a form, from the contract: of each action's payload, the profile, a workout.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const ALSO = ["ProfileChange", "NewWorkout"];
const contract = JSON.parse(readFileSync(new URL("../../../infra/openapi.json", import.meta.url), "utf8"));
const { schemas } = contract.components;

const nameOf = (reference) => reference.split("/").at(-1);
const actions = schemas.Action.oneOf.map(({ $ref }) => schemas[nameOf($ref)].properties);
const payloads = Object.fromEntries(
  actions.map(({ action_type, payload }) => [action_type.const, nameOf(payload.$ref)]),
);

const USED = ["type", "enum", "format", "required", "maxLength", "minimum", "maximum", "minItems", "maxItems"];

/** What a form goes by (src/forms/schema.ts); the names that it refers to are added to `needed`. */
function used(schema, needed) {
  const kept = Object.fromEntries(USED.filter((word) => word in schema).map((word) => [word, schema[word]]));
  if (schema.description && !schema.properties) kept.description = schema.description;
  if (schema.$ref) needed.add((kept.$ref = nameOf(schema.$ref)));
  if (schema.anyOf) kept.anyOf = schema.anyOf.map((one) => used(one, needed));
  if (schema.items) kept.items = used(schema.items, needed);
  if (schema.properties) {
    const properties = Object.entries(schema.properties).map(([name, one]) => [name, used(one, needed)]);
    kept.properties = Object.fromEntries(properties);
  }
  return kept;
}

/** The schemas of these names, and those that they refer to. */
function withNeeded(names) {
  const needed = new Set(names);
  const found = {};
  for (const name of needed) found[name] = used(schemas[name], needed); // a set grows while one goes over it
  return found;
}

const text = `import type { Schema } from "../forms/schema";

/** The payload's schema of each type of action. */
export const PAYLOADS: Record<string, string> = ${JSON.stringify(payloads)};

export const SCHEMAS: Record<string, Schema> = ${JSON.stringify(withNeeded([...Object.values(payloads), ...ALSO]))};
`;

/** Whole or not at all, and not anew when nothing has changed: others may be reading. */
const file = new URL("../src/generated/schemas.ts", import.meta.url);
mkdirSync(new URL(".", file), { recursive: true });
if (!existsSync(file) || readFileSync(file, "utf8") !== text) {
  const draft = new URL(`${file}.${process.pid}`);
  writeFileSync(draft, text);
  renameSync(draft, file);
}
