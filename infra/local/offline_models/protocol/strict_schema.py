"""OpenAI's own demands on schemas, so that one that works here works there.

The rules are those of https://developers.openai.com/api/docs/guides/structured-outputs#supported-schemas (as a list:
https://jsonschemaprofiles.unitvectorylabs.com/schemas/openai), the words those of public reports:
kevinwatt/mysql-mcp#5, dotnet/extensions#6302, evalstate/fast-agent#143, jina-ai/node-DeepResearch#79,
tidyverse/ellmer#671.
"""

from collections.abc import Iterator
from typing import Any

from infra.local.offline_models.conversation import Json as Schema

Place = tuple[str, ...]

MAX_PROPERTIES, MAX_LEVELS, MAX_ENUM_VALUES, MAX_CHARACTERS = 5000, 10, 1000, 120_000
_NOTES = {"title", "description", "$defs", "definitions", "$schema", "$id"}
_BY_TYPE = {
    "string": {"pattern", "format"},
    "number": {"multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"},
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems", "maxItems"},
}
_KEYWORDS = {"type", "enum", "const", "anyOf", "$ref"}.union(_NOTES, *_BY_TYPE.values())
FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}


def function_fault(schema: Schema) -> str | None:
    """Why OpenAI would refuse the schema of a function's parameters, strict or not."""
    if schema.get("type") != "object":
        kind = schema.get("type")
        return f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'."
    for place, part, _ in _parts(schema):
        if part.get("type") == "object" and not place and "properties" not in part:
            return f"In context={place}, object schema missing properties."
        if part.get("type") == "array" and "items" not in part:
            return f"In context={place}, array schema missing items."
    return None


def strictness_fault(schema: Schema) -> str | None:
    """Why OpenAI would refuse the schema under `strict: true`; None when it would not."""
    if schema.get("type") != "object" or "anyOf" in schema:
        kind = schema.get("type")
        return f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'."
    for place, part, _ in _parts(schema):
        if fault := _keyword_fault(part) or _object_fault(part):
            return f"In context={place}, {fault}"
    return _size_fault(schema)


def _keyword_fault(part: Schema) -> str | None:
    if unknown := sorted(set(part) - _KEYWORDS):
        return f"'{unknown[0]}' is not permitted."
    if "$ref" in part and (beside := sorted(set(part) - {"$ref", "$defs", "definitions"})):
        return f"$ref cannot have keywords {{'{beside[0]}'}}."
    if not {"type", "enum", "const", "anyOf", "$ref"} & set(part):
        return "schema must have a 'type' key."
    if part.get("format", "date") not in FORMATS:
        return f"'{part['format']}' is not a valid format."
    return None


def _object_fault(part: Schema) -> str | None:
    if "array" in _types(part) and "items" not in part:
        return "array schema missing items."
    if "object" not in _types(part):
        return None
    names, required = set(part.get("properties", {})), set(part.get("required", []))
    if part.get("additionalProperties") is not False:
        return "'additionalProperties' is required to be supplied and to be false."
    demand = "'required' is required to be supplied and to be an array including every key in properties."
    if missing := sorted(names - required):
        return f"{demand} Missing '{missing[0]}'."
    if extra := sorted(required - names):
        return f"{demand} Extra required key '{extra[0]}' supplied."
    return None


def _size_fault(schema: Schema) -> str | None:
    depths, parts = zip(*((depth, part) for _, part, depth in _parts(schema)), strict=True)
    names = [name for part in parts for key in ("properties", "$defs", "definitions") for name in part.get(key, {})]
    values = [value for part in parts for value in part.get("enum", [])]
    said = [text for text in (*names, *values, *(part.get("const") for part in parts)) if isinstance(text, str)]
    sizes = {
        "levels of nesting": (max(depths), MAX_LEVELS),
        "object properties": (sum(len(part.get("properties", {})) for part in parts), MAX_PROPERTIES),
        "enum values": (len(values), MAX_ENUM_VALUES),
        "characters in names and values": (sum(map(len, said)), MAX_CHARACTERS),
    }
    return next(
        (f"{size} {what} exceeds limit of {limit}." for what, (size, limit) in sizes.items() if size > limit), None
    )


def _types(part: Schema) -> list[str]:
    kind = part.get("type", [])
    return kind if isinstance(kind, list) else [kind]


def _parts(schema: Any, place: Place = (), depth: int = 0) -> Iterator[tuple[Place, Schema, int]]:
    """Each schema with its place, and how deep in objects it lies; what `$defs` hold counts from the root."""
    if isinstance(schema, dict):
        depth += "object" in _types(schema)
        yield place, schema, depth
        for step, part in _children(schema):
            yield from _parts(part, (*place, *step), depth)


def _children(schema: Schema) -> Iterator[tuple[Place, Any]]:
    for key in ("properties", "$defs", "definitions"):
        named = schema.get(key, {})
        yield from (((key, name), part) for name, part in named.items() if isinstance(named, dict))
    for key in ("anyOf", "allOf", "oneOf", "prefixItems"):
        yield from (((key, str(number)), part) for number, part in enumerate(schema.get(key, [])))
    yield ("items",), schema.get("items")
