"""OpenAI's own demands on a schema under `strict: true`, so that a schema that works here works there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.local.offline_models.json_schema import Schema

Place = tuple[str, ...]


def strictness_fault(schema: Schema) -> str | None:
    """Why OpenAI would refuse the schema under `strict: true`; None when it would not."""
    for place, part in _objects(schema, ()):
        names = set(part.get("properties", {}))
        if part.get("additionalProperties") is not False:
            return f"In context={place}, 'additionalProperties' is required to be supplied and to be false."
        if missing := sorted(names - set(part.get("required", []))):
            return f"In context={place}, 'required' is required to be supplied and to include '{missing[0]}'."
    return None


def _objects(schema: Any, place: Place) -> Iterator[tuple[Place, Schema]]:
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object":
        yield place, schema
    for key in ("properties", "$defs"):
        for name, part in schema.get(key, {}).items():
            yield from _objects(part, (*place, key, name))
    for key in ("anyOf", "allOf", "prefixItems"):
        for number, part in enumerate(schema.get(key, [])):
            yield from _objects(part, (*place, key, str(number)))
    yield from _objects(schema.get("items"), (*place, "items"))
