"""A TypeScript file that calls every operation of the contract, and tells apart every event and every action."""

import json
from collections.abc import Iterator
from typing import Any

HEAD = """
import createClient from "openapi-fetch";
import type { components, paths } from "./contract";

const api = createClient<paths>({ baseUrl: "https://api.example.com" });
type Event = components["schemas"]["Event"];
type Action = components["schemas"]["Action"];
const never = (value: never): never => { throw new Error(String(value)); };
"""
BY_HAND = """
export async function answer(session_id: string, content: string): Promise<string | undefined> {
  const path = "/v1/chat/sessions/{session_id}/messages";
  const { data, error } = await api.POST(path, { params: { path: { session_id } }, body: { content } });
  if (error) return error.usage ? `until ${error.usage.resets_at}` : error.turn_id ?? error.code;
  if (!("message" in data)) return data.turn.id;
  const { citations, receipt } = data.message?.metadata ?? {};
  return citations?.[0] ? `${citations[0].quote}: ${receipt?.model}` : data.message?.content;
}
export async function page(cursor?: string): Promise<string | null> {
  const { data } = await api.GET("/v1/actions", { params: { query: { cursor, limit: 10, status: "pending" } } });
  const next: string | null | undefined = data?.next_cursor;
  return next ?? null;
}
export function proposed(action: Action): string {
  switch (action.action_type) {
    case "create_workout_plan": return action.payload.sessions.map((session) => session.name).join();
    case "log_workout": return action.result?.workout.performed_on ?? action.payload.performed_on;
    case "open_room": return action.result?.room?.id ?? action.payload.prompt;
    case "remember": return action.proposed_payload?.fact ?? action.payload.fact;
    case "webhook": return action.payload.data.map((entry) => entry.value).join();
    default: return action.status;
  }
}
"""


def usage(contract: dict[str, Any]) -> str:
    """The source text."""
    parts = [HEAD, BY_HAND, *_calls(contract)]
    parts += [_cases(contract, "Event", "type", "seq"), _cases(contract, "Action", "action_type", "version")]
    return "\n".join(parts)


def _calls(contract: dict[str, Any]) -> Iterator[str]:
    for path, item in contract["paths"].items():
        for method, operation in item.items():
            given = ", ".join(_given(contract, operation))
            yield (
                f"export async function {operation['operationId']}() {{\n"
                f"  const {{ data, error }} = await api.{method.upper()}({json.dumps(path)}, {{ {given} }});\n"
                "  if (error) throw new Error(`${error.code}: ${error.detail}`);\n"
                "  return data;\n}\n"
            )


def _given(contract: dict[str, Any], operation: dict[str, Any]) -> Iterator[str]:
    params: dict[str, dict[str, Any]] = {}
    for parameter in operation.get("parameters", []):
        if parameter.get("required"):
            value = 1 if parameter["schema"].get("type") == "integer" else "x"
            params.setdefault(parameter["in"], {})[parameter["name"]] = value
    if params:
        yield f"params: {json.dumps(params)}"
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        name = schema["$ref"].rpartition("/")[2]
        example = contract["components"]["schemas"][name].get("example")
        yield f"body: {json.dumps(example)}" if example else f'body: null! as components["schemas"]["{name}"]'


def _cases(contract: dict[str, Any], union: str, member: str, common: str) -> str:
    """Fails to compile where one of a union is not told apart by its type, or there is another."""
    names = contract["components"]["schemas"][union]["discriminator"]["mapping"]
    cases = "\n".join(f"    case {json.dumps(name)}: return value.{common};" for name in names)
    return (
        f"export function every{union}(value: {union}): number {{\n"
        f"  switch (value.{member}) {{\n{cases}\n    default: return never(value);\n  }}\n}}\n"
    )
