from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.platform.text import NoNul, StorableJson, storable_document

TEXT: TypeAdapter[str] = TypeAdapter(Annotated[str, NoNul])
JSON: TypeAdapter[dict[str, Any]] = TypeAdapter(StorableJson)


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize("text", ["", "How deep?", "\n\t\x01\x7f", "füß 🏋️", "\\u0000", "\ufffd"])
def test_what_the_database_can_hold_stays_as_it_is(text: str) -> None:
    assert TEXT.validate_python(text) == text
    assert JSON.validate_python({text: [text, {"note": text}]}) == {text: [text, {"note": text}]}


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\\\x00"])
def test_a_nul_is_refused_wherever_it_stands(text: str) -> None:
    for adapter, value in ((TEXT, text), (JSON, {"note": text}), (JSON, {text: 1}), (JSON, {"a": [{"b": text}]})):
        with pytest.raises(ValidationError):
            adapter.validate_python(value)


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), "\ud800", {"\ud800": 1}, nested(100_000)],
    ids=["nan", "infinity", "surrogate", "surrogate key", "nested"],
)
def test_what_is_no_json_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        JSON.validate_python({"note": value})


def test_of_a_document_only_what_can_be_stored_is_left() -> None:
    assert storable_document({"a": ["b\x00", {"c": "\ud800"}], "d": 1, "e": None}) == {
        "a": ["b", {"c": "?"}],
        "d": 1,
        "e": None,
    }
