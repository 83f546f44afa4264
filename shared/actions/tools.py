"""The action types as tools of the chat model: one strict function each."""

from typing import Any

from shared.actions.registry import TYPES
from shared.platform.process import keep
from shared.platform.text import JsonObject

# What OpenAI does not know under `strict`; Pydantic checks it all the same.
# https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
UNSUPPORTED = frozenset({"title", "default", "examples", "minLength", "maxLength", "uniqueItems"})


def tools() -> list[JsonObject]:
    """Those that this deployment can carry out, in a fixed order: providers cache what comes first."""
    return [_tool(name) for name, action_type in TYPES.items() if action_type.offered()]


@keep
def _tool(name: str) -> JsonObject:
    action_type = TYPES[name]
    schema = strict(action_type.payload.model_json_schema())
    return {
        "type": "function",
        "function": {"name": name, "description": action_type.description, "strict": True, "parameters": schema},
    }


def strict(schema: Any, *, is_schema: bool = True) -> Any:
    """A JSON schema as strict mode wants it: every property required (a null says nothing), no others allowed."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if not is_schema:  # the names of properties, of which one may be called title
        return {name: strict(part) for name, part in schema.items()}
    kept = {
        key: strict(part, is_schema=key not in ("properties", "$defs"))
        for key, part in schema.items()
        if key not in UNSUPPORTED
    }
    if "properties" in kept:
        kept |= {"required": list(kept["properties"]), "additionalProperties": False}
    return kept
