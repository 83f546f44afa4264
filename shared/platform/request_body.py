"""What a client sends as JSON, read as strictly as the contract says it."""

import json
import re
from typing import Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from shared.platform.text import JsonObject

STRICT = ("bool", "int", "float")  # the others are texts in JSON, also where they are dates or UUIDs
DAY = re.compile(r"\d{4}-\d\d-\d\d")  # RFC 3339


def _no_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a number is needed")
    return value


# Of one of some numbers: to Python, and so to Literal, True is 1.
NotBoolean = BeforeValidator(_no_boolean)


class _NotNull:
    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        nullable: Any = handler(source)
        inner: CoreSchema = nullable["schema"]
        return inner


NotNull = _NotNull()  # the last word of an annotation: the field may be left out, which is its default, but not be null


def _day(value: Any) -> Any:
    """Pydantic takes a number for the seconds since 1970, also in a text."""
    if isinstance(value, int | float) or (isinstance(value, str) and not DAY.fullmatch(value)):
        raise ValueError("a day such as 2026-11-20 is needed")
    return value


Day = BeforeValidator(_day)  # of a date outside of a body


def _whole(value: Any) -> Any:
    """8.0 is 8: JSON Schema knows no difference, and some languages write every number with a point."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


READ = {"int": _whole, "date": _day}


def whole_numbers(document: JsonObject) -> str:
    """A document as JSON that has no point in a whole number."""
    return json.dumps(json.loads(json.dumps(document), parse_float=lambda digits: _whole(float(digits))))


def _strict(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {name: _strict(part) for name, part in schema.items()}
    kind = schema.get("type")
    if kind in STRICT:
        parts["strict"] = True
    read: Any = parts
    return core_schema.no_info_before_validator_function(READ[kind], read) if kind in READ else read


class RequestBody(BaseModel):
    """A body, or a part of one: no field but those it names, no text for a number and no number for a boolean."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[BaseModel], handler: GetCoreSchemaHandler) -> CoreSchema:
        return _strict(handler(source))  # type: ignore[no-any-return]
