"""Filling a JSON schema with the least that is valid: strings are the words that are given."""

from typing import Any

from infra.local.offline_models.conversation import Json

_FORMATS = {"date": "2026-01-01", "date-time": "2026-01-01T00:00:00Z", "uuid": "00000000-0000-0000-0000-000000000000"}
_BEYOND = {"pattern", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"}  # what no schema of Hercules says


class SchemaError(ValueError):
    """The schema cannot be filled by rules, or OpenAI would refuse it."""


def fill(schema: Json, words: str) -> Any:
    try:
        return _value(schema, schema, words, frozenset())
    except (AttributeError, IndexError, KeyError, TypeError) as fault:
        raise SchemaError("it is not a JSON schema.") from fault


def properties(schema: Json) -> dict[str, Json]:
    """The properties of an object's schema, each with what it refers to."""
    resolved = _resolved(schema, schema, frozenset())[0]
    return {name: _resolved(part, schema, frozenset())[0] for name, part in resolved.get("properties", {}).items()}


def _value(schema: Json, root: Json, words: str, opened: frozenset[str]) -> Any:
    """`opened` are the `$ref`s that are being filled around this value, so that recursive schemas end."""
    schema, opened = _resolved(schema, root, opened)
    if beyond := sorted(_BEYOND & schema.keys()):
        raise SchemaError(f"the offline model cannot keep to '{beyond[0]}'.")
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    kind = schema.get("type", "object" if "properties" in schema else None)
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            parts = {**schema.get("properties", {})}
            return {name: _value(parts.get(name, {}), root, words, opened) for name in schema.get("required", [])}
        case "array":
            return [_value(schema.get("items", {}), root, words, opened) for _ in range(schema.get("minItems", 0))]
        case "string":
            text = _FORMATS.get(schema.get("format", ""), words)[: schema.get("maxLength")]
            return text.ljust(schema.get("minLength", 0), ".")
        case "integer" | "number":
            return schema.get("minimum", min(0, schema.get("maximum", 0)))
        case "boolean":
            return False
    return None


def _resolved(schema: Json, root: Json, opened: frozenset[str]) -> tuple[Json, frozenset[str]]:
    """With a `$ref` or `anyOf` replaced by what it stands for first."""
    while "$ref" in schema or "anyOf" in schema:
        if "anyOf" in schema:
            branches = schema["anyOf"]
            schema = next((branch for branch in branches if branch.get("$ref") not in opened), branches[0])
            continue
        reference = schema["$ref"]
        if reference in opened:
            raise SchemaError(f"'{reference}' requires itself without an end.")
        opened |= {reference}
        schema = root
        for step in reference.removeprefix("#").split("/")[1:]:
            schema = schema.get(step, {})
        if not schema or not reference.startswith("#"):
            raise SchemaError(f"'{reference}' is not in the schema.")
    return schema, opened
