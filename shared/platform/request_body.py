"""What a client sends as JSON, read as strictly as the contract says it."""

from typing import Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema

STRICT = ("bool", "int", "float")  # the others are texts in JSON, also where they are dates or UUIDs


def _no_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a number is needed")
    return value


# Of one of some numbers: to Python, and so to Literal, True is 1.
NotBoolean = BeforeValidator(_no_boolean)


def _strict(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {name: _strict(part) for name, part in schema.items()}
    return parts | {"strict": True} if schema.get("type") in STRICT else parts


class RequestBody(BaseModel):
    """A body, or a part of one: no field but those it names, no text for a number and no number for a boolean."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[BaseModel], handler: GetCoreSchemaHandler) -> CoreSchema:
        return _strict(handler(source))  # type: ignore[no-any-return]
