import type { Fields } from "../forms/schema";
import { SchemaForm } from "../forms/SchemaForm";
import { PAYLOADS } from "../generated/schemas";

/** What a proposal would do, to be edited: of the schema of its type. In a chunk of its own. */
export default function PayloadForm(props: { type: string; value: Fields; onChange(value: Fields): void }) {
  return <SchemaForm schema={PAYLOADS[props.type] ?? ""} value={props.value} onChange={props.onChange} />;
}
