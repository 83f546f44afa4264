import "./forms.css";

/** A form made from a schema of the contract: what the API takes is what can be filled in. */
import { useId, useState } from "react";

import { Button } from "../design/Button";
import { Field, SelectField, TextField } from "../design/Field";
import { SCHEMAS } from "../generated/schemas";
import { useLanguage, useText } from "../i18n/language";
import { de } from "./de";
import { en } from "./en";
import { useFieldWords } from "./field_words";
import { emptyOf, type Fields, mayBeNull, type Schema, typeOf, type Value } from "./schema";

/** What is filled in first; the contract has its fields by the alphabet. */
const FIRST = [
  "name",
  "operation",
  "session",
  "exercise",
  "performed_on",
  "goal",
  "weeks",
  "minutes",
  "sets",
  "reps",
  "load_kg",
];
const inOrder = (names: string[]) => [
  ...FIRST.filter((name) => names.includes(name)),
  ...names.filter((name) => !FIRST.includes(name)),
];

/** What an exercise is most often told by: shown where it is still empty, too. */
const PROMINENT = new Set(["reps", "load_kg", "seconds", "distance_m"]);
const LONG = 200; // characters: a text that may be longer has more than a line

interface Props {
  schema: string;
  value: Fields;
  onChange(value: Fields): void;
  /** Of the schema's fields only these. */
  only?: readonly string[];
}

/** The fields of an object of the named schema: all of `only`, else those that are used first. */
export function SchemaForm({ schema, value, onChange, only }: Props) {
  return (
    <ObjectFields
      schema={SCHEMAS[schema] ?? {}}
      value={value}
      onChange={onChange}
      only={only}
      isWhole={only !== undefined}
    />
  );
}

function resolve(schema: Schema): Schema {
  const known = schema.anyOf?.find((one) => one.type !== "null") ?? schema;
  return known.$ref ? (SCHEMAS[known.$ref] ?? {}) : known;
}

interface ObjectProps {
  schema: Schema;
  value: Fields;
  onChange(value: Fields): void;
  only?: readonly string[];
  /** Shows all fields; else those that are not used come behind "more". */
  isWhole?: boolean;
}

function ObjectFields({ schema, value, onChange, only, isWhole }: ObjectProps) {
  const t = useText({ en, de });
  const names = only ?? inOrder(Object.keys(schema.properties ?? {}));
  const isUsed = (name: string) =>
    isWhole || PROMINENT.has(name) || schema.required?.includes(name) || (value[name] ?? null) !== null;
  const [used] = useState(() => names.filter(isUsed)); // a field stays where it is while it is written in
  const field = (name: string) => (
    <OneField
      key={name}
      name={name}
      schema={resolve(schema.properties?.[name] ?? {})}
      value={value[name] ?? null}
      onChange={(changed) => onChange({ ...value, [name]: changed })}
    />
  );
  const more = names.filter((name) => !used.includes(name));
  return (
    <div className="schema-fields">
      {used.map(field)}
      {more.length > 0 && (
        <details className="schema-more">
          <summary>{t.more}</summary>
          <div className="schema-fields">{more.map(field)}</div>
        </details>
      )}
    </div>
  );
}

interface FieldProps {
  name: string;
  schema: Schema;
  value: Value;
  onChange(value: Value): void;
}

function OneField({ name, schema, value, onChange }: FieldProps) {
  const t = useText({ en, de });
  const { label, choice } = useFieldWords();
  const { language } = useLanguage();
  const hint = t.hints[name] ?? (language === "en" ? schema.description : undefined); // the contract is in English
  const type = typeOf(schema);
  const texts = { label: label(name), hint };
  if (type === "array") {
    return typeOf(resolve(schema.items ?? {})) === "object" ? (
      <Entries {...{ name, schema, value, onChange }} />
    ) : (
      <Lines {...{ name, schema, value, onChange }} />
    );
  }
  if (type === "object") {
    return (
      <fieldset className="schema-entry">
        <legend>{label(name)}</legend>
        <ObjectFields schema={schema} value={(value ?? {}) as Fields} onChange={onChange} />
      </fieldset>
    );
  }
  if (type === "boolean" || schema.enum) {
    const choices = schema.enum?.filter((one) => one !== null).map(String) ?? ["true", "false"];
    const none: [string, string][] = mayBeNull(schema) ? [["", t.notSaid]] : [];
    return (
      <SelectField
        {...texts}
        value={value === null ? "" : String(value)}
        options={[...none, ...choices.map((one): [string, string] => [one, choice(one)])]}
        onChange={(chosen) => onChange(chosen === "" ? null : type === "boolean" ? chosen === "true" : chosen)}
      />
    );
  }
  if (type === "integer" || type === "number") {
    return (
      <Field
        {...texts}
        type="number"
        min={schema.minimum}
        max={schema.maximum}
        step={type === "integer" ? 1 : "any"}
        required={!mayBeNull(schema)}
        value={typeof value === "number" ? value : ""}
        onChange={({ target }) => onChange(target.value === "" ? null : target.valueAsNumber)}
      />
    );
  }
  const text = {
    ...texts,
    maxLength: schema.maxLength,
    required: !mayBeNull(schema),
    value: typeof value === "string" ? value : "",
  };
  const change = (written: string) => onChange(written === "" && mayBeNull(schema) ? null : written);
  return (schema.maxLength ?? 0) > LONG ? (
    <TextField {...text} rows={schema.maxLength === 8000 ? 8 : 2} onChange={({ target }) => change(target.value)} />
  ) : (
    <Field
      {...text}
      type={schema.format === "date" ? "date" : "text"}
      onChange={({ target }) => change(target.value)}
    />
  );
}

/** A list of texts or numbers: one in each line. */
function Lines({ name, schema, value, onChange }: FieldProps) {
  const t = useText({ en, de });
  const { label } = useFieldWords();
  const isOfNumbers = typeOf(resolve(schema.items ?? {})) !== "string";
  const written = Array.isArray(value) ? value.join("\n") : "";
  const change = (text: string) => {
    const lines = text.split("\n");
    onChange(isOfNumbers ? lines.map(Number).filter(Boolean) : text === "" ? [] : lines);
  };
  return (
    <TextField
      label={label(name)}
      hint={t.oneEach}
      rows={Math.max(2, written.split("\n").length)}
      value={written}
      onChange={({ target }) => change(target.value)}
    />
  );
}

/** A list of things that have fields: each can be taken out, and one be added. */
function Entries({ name, schema, value, onChange }: FieldProps) {
  const t = useText({ en, de });
  const { label } = useFieldWords();
  const id = useId();
  const entries = Array.isArray(value) ? (value as Fields[]) : [];
  const item = resolve(schema.items ?? {});
  const isFull = entries.length >= (schema.maxItems ?? Infinity);
  return (
    <div className="schema-entries" role="group" aria-labelledby={id}>
      <p id={id} className="schema-title">
        {label(name)}
      </p>
      {entries.map((entry, at) => (
        <details key={at} className="schema-entry" open={entries.length === 1}>
          <summary>{String(entry.name ?? entry.exercise ?? at + 1) || t.unnamed}</summary>
          <ObjectFields
            schema={item}
            value={entry}
            onChange={(changed) => onChange(entries.map((one, index) => (index === at ? changed : one)))}
          />
          <Button
            tone="quiet"
            icon="trash"
            disabled={entries.length <= (schema.minItems ?? 0)}
            onClick={() => onChange(entries.filter((_, index) => index !== at))}
          >
            {t.remove}
          </Button>
        </details>
      ))}
      <Button icon="plus" disabled={isFull} onClick={() => onChange([...entries, emptyOf(item, resolve)])}>
        {t.add}
      </Button>
    </div>
  );
}
