"""JSON schemas as OpenAI's strict mode takes them.

https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
"""

from typing import Any

from shared.platform.text import JsonObject

TEXT: JsonObject = {"type": "string"}
# What OpenAI does not know under `strict`; Pydantic checks it all the same.
UNSUPPORTED = frozenset({"title", "default", "examples", "minLength", "maxLength", "uniqueItems"})
# What costs tokens in each turn: a call beyond a bound is answered with it.
BOUNDS = frozenset({"maximum", "minItems", "maxItems", "pattern"})


def strict_object(**properties: JsonObject) -> JsonObject:
    """An object with all of these, and no others."""
    schema: JsonObject = {"type": "object", "properties": properties, "required": list(properties)}
    return schema | {"additionalProperties": False}


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
        if key not in UNSUPPORTED | BOUNDS
    }
    if "properties" in kept:
        kept |= {"required": list(kept["properties"]), "additionalProperties": False}
    return kept
