/** As much of JSON Schema as the contract's payloads use. */
export interface Schema {
  $ref?: string;
  anyOf?: Schema[];
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: (string | number | null)[];
  format?: string;
  description?: string;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
}

export type Value = null | boolean | number | string | Value[] | { [name: string]: Value };

export type Fields = Record<string, Value>;

export function typeOf(schema: Schema): string {
  const types = [schema.type ?? "string"].flat();
  return types.find((type) => type !== "null") ?? "string";
}

export function mayBeNull(schema: Schema): boolean {
  return [schema.type].flat().includes("null");
}

/** What an entry that is added begins with. */
export function emptyOf(schema: Schema, resolve: (schema: Schema) => Schema): Value {
  const found = resolve(schema);
  if (mayBeNull(found)) {
    return null;
  }
  switch (typeOf(found)) {
    case "object":
      return Object.fromEntries(
        (found.required ?? []).map((name) => [name, emptyOf(found.properties?.[name] ?? {}, resolve)]),
      );
    case "array":
      return found.minItems && found.items ? [emptyOf(found.items, resolve)] : [];
    case "boolean":
      return false;
    case "integer":
    case "number":
      return found.minimum ?? 0;
    default:
      return (found.enum?.[0] as string | undefined) ?? "";
  }
}
