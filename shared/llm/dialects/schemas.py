"""JSON schemas as Gemini takes them: without references, and without keywords that it does not know."""

from typing import Any

from shared.llm.request import Message

# https://ai.google.dev/gemini-api/docs/structured-output: what is not listed there is left out; Pydantic checks it all.
_KNOWN = frozenset(
    {"type", "title", "description", "properties", "required", "items", "prefixItems", "enum", "anyOf", "format"}
    | {"minItems", "maxItems", "minimum", "maximum"}
)
_FORMATS = frozenset({"date", "date-time", "time"})


def for_gemini(schema: Message) -> Message:
    """A schema of ours (no recursion in it) with each `$ref` replaced by what it stands for."""
    told: Message = _plain(schema, schema.get("$defs", {}))
    return told


def _plain(schema: Any, defs: Message) -> Any:
    if isinstance(schema, list):
        return [_plain(item, defs) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        known = defs[str(schema["$ref"]).rpartition("/")[2]]
        return _plain(known | {name: part for name, part in schema.items() if name != "$ref"}, defs)
    kept = {name: _part(name, part, defs) for name, part in schema.items() if name in _KNOWN}
    if "const" in schema:
        kept["enum"] = [schema["const"]]
    if kept.get("format") not in _FORMATS:
        kept.pop("format", None)
    return kept


def _part(name: str, part: Any, defs: Message) -> Any:
    """Names of properties are no keywords, and the values of an enumeration no schemas."""
    if name == "properties":
        return {each: _plain(schema, defs) for each, schema in part.items()}
    return part if name in ("enum", "required", "type") else _plain(part, defs)
