"""Filling a JSON schema with the least that is valid."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

_FORMATS = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "duration": "PT0S",
    "email": "nobody@example.com",
    "hostname": "example.com",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "uri": "https://example.com",
    "uuid": "00000000-0000-0000-0000-000000000000",
}


class SchemaError(ValueError):
    """The schema cannot be filled by rules, or OpenAI would refuse it."""


def fill(schema: Schema, words: str) -> Any:
    """A value valid under `schema`: strings are `words`, everything else as small as allowed."""
    try:
        return Filler(schema, words).value(schema)
    except (AttributeError, IndexError, KeyError, TypeError) as fault:
        raise SchemaError("it is not a JSON schema.") from fault


class Filler:
    """Fills one schema; `$ref`s are looked up in `root`."""

    def __init__(self, root: Schema, words: str) -> None:
        self._root = root
        self._words = words

    def value(self, schema: Schema, opened: frozenset[str] = frozenset()) -> Any:
        """`opened` are the `$ref`s being filled around this value, so that recursive schemas end."""
        schema, opened = self._plain(schema, opened)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        kind = _type(schema)
        if kind == "object":
            return {name: self.value(part, opened) for name, part in _required(schema)}
        if kind == "array":
            return self._array(schema, opened)
        if kind == "string":
            return _string(schema, self._words)
        if kind in ("integer", "number"):
            return _number(schema, whole=kind == "integer")
        return False if kind == "boolean" else None

    def resolved(self, schema: Schema) -> Schema:
        """The schema with its `$ref` and `anyOf` replaced by what they stand for first."""
        return self._plain(schema, frozenset())[0]

    def _plain(self, schema: Schema, opened: frozenset[str]) -> tuple[Schema, frozenset[str]]:
        while True:
            if "$ref" in schema:
                reference = schema["$ref"]
                if reference in opened:
                    raise SchemaError(f"'{reference}' requires itself without an end.")
                opened |= {reference}
                schema = {**self._target(reference), **_without(schema, "$ref")}
            elif branch := next((key for key in ("anyOf", "oneOf") if key in schema), None):
                schema = {**_without(schema, branch), **_first(schema[branch], opened)}
            elif "allOf" in schema:
                parts = [self._plain(part, opened)[0] for part in schema["allOf"]]
                schema = _merged(_without(schema, "allOf"), *parts)
            else:
                return schema, opened

    def _target(self, reference: str) -> Schema:
        found: Any = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        if not reference.startswith("#") or not isinstance(found, dict):
            raise SchemaError(f"'{reference}' is not in the schema.")
        return found

    def _array(self, schema: Schema, opened: frozenset[str]) -> list[Any]:
        length = schema.get("minItems", 0)
        first = [self.value(part, opened) for part in schema.get("prefixItems", [])[:length]]
        return first + [self.value(schema.get("items", {}), opened) for _ in range(length - len(first))]


def _type(schema: Schema) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[0]
    if kind is None:
        kind = "object" if "properties" in schema else "array" if "items" in schema else "null"
    return str(kind)


def _required(schema: Schema) -> Iterator[tuple[str, Schema]]:
    parts, names = schema.get("properties", {}), schema.get("required", [])
    yield from ((name, part) for name, part in parts.items() if name in names)
    yield from ((name, {}) for name in names if name not in parts)


def _without(schema: Schema, key: str) -> Schema:
    return {name: part for name, part in schema.items() if name != key}


def _first(branches: list[Schema], opened: frozenset[str]) -> Schema:
    return next((branch for branch in branches if branch.get("$ref") not in opened), branches[0])


def _merged(*schemas: Schema) -> Schema:
    whole: Schema = {}
    for schema in schemas:
        both = {
            "properties": {**whole.get("properties", {}), **schema.get("properties", {})},
            "required": [*whole.get("required", []), *schema.get("required", [])],
        }
        whole = {**whole, **schema, **{key: part for key, part in both.items() if part}}
    return whole


def _string(schema: Schema, words: str) -> str:
    text = _FORMATS.get(schema.get("format", ""), words)[: schema.get("maxLength")]
    text = text.ljust(schema.get("minLength", 0), ".")
    if "pattern" in schema and not re.search(schema["pattern"], text):
        raise SchemaError(f"the offline model cannot make up a string of the pattern '{schema['pattern']}'.")
    return text


def _number(schema: Schema, *, whole: bool) -> int | float:
    """The minimum, or 0 where there is none; else the nearest to it that is allowed."""
    step = schema.get("multipleOf", 1)
    low = _bound(schema, "minimum", "exclusiveMinimum")
    high = _bound(schema, "maximum", "exclusiveMaximum")
    up, down = math.ceil(low / step) * step, math.floor(high / step) * step
    for number in (low, up, up + step, high, down, down - step, (low + high) / 2):
        if _allowed(number, schema) and (not whole or number == int(number)):
            return int(number) if whole else number
    raise SchemaError("no number was found between the bounds.")


def _bound(schema: Schema, *keys: str) -> float:
    return next((schema[key] for key in keys if key in schema), 0)


def _allowed(number: float, schema: Schema) -> bool:
    return (
        schema.get("minimum", number) <= number <= schema.get("maximum", number)
        and schema.get("exclusiveMinimum", number - 1) < number < schema.get("exclusiveMaximum", number + 1)
        and abs(math.remainder(number, schema.get("multipleOf", number or 1))) < 1e-9
    )
