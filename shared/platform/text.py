"""Text and JSON that PostgreSQL can hold: any character but NUL."""

import json
import re
from typing import Annotated, Any

from pydantic import AfterValidator

JsonObject = dict[str, Any]  # an object whose fields are not ours to name, or are read elsewhere

_NUL_IN_JSON = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("the NUL character cannot be stored")
    return text


def _storable_json(value: JsonObject) -> JsonObject:
    try:
        rendered = json.dumps(value, allow_nan=False, ensure_ascii=False)  # ValueError for NaN and infinity
    except RecursionError:
        raise ValueError("nested too deeply") from None
    rendered.encode()  # UnicodeEncodeError, a ValueError, for half a surrogate pair
    if _NUL_IN_JSON.search(rendered):
        raise ValueError("the NUL character cannot be stored")
    return value


NoNul = AfterValidator(_without_nul)  # the last word of an annotation, else Pydantic would not strip before it
StorableJson = Annotated[JsonObject, AfterValidator(_storable_json)]


def storable(text: str) -> str:
    """A model's text without what PostgreSQL cannot hold: NUL and halves of surrogate pairs."""
    return text.replace("\x00", "").encode(errors="replace").decode()


def storable_document(value: Any) -> Any:
    """The same of all text in a document of JSON, other than the names of fields."""
    if isinstance(value, dict):
        return {name: storable_document(each) for name, each in value.items()}
    if isinstance(value, list):
        return [storable_document(each) for each in value]
    return storable(value) if isinstance(value, str) else value
