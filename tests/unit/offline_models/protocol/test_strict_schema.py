"""Schemas as OpenAI looks at them, in both dialects."""

from typing import Any

import httpx
import pytest

from infra.local.offline_models.protocol.strict_schema import function_fault, strictness_fault
from tests.unit.offline_models.protocol.asking import OBJECT, accepted, chat, fault, respond


def holding(part: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**OBJECT, "properties": {"a": part}, **more}


def nested(levels: int) -> dict[str, Any]:
    schema = OBJECT
    for _ in range(levels - 1):
        schema = holding(schema)
    return schema


BAD = [
    ({"type": "array", "items": {"type": "string"}}, "schema must be a JSON Schema of 'type: \"object\"', got"),
    ({**OBJECT, "anyOf": [OBJECT]}, "schema must be a JSON Schema of 'type: \"object\"', got"),
    (holding({"type": "string", "minLength": 1}), "In context=('properties', 'a'), 'minLength' is not permitted."),
    (holding({"type": "string", "default": ""}), "'default' is not permitted."),
    (holding({"oneOf": [{"type": "string"}]}), "'oneOf' is not permitted."),
    (holding({"allOf": [{"type": "string"}]}), "'allOf' is not permitted."),
    (holding({"type": "array", "items": {"type": "string"}, "uniqueItems": True}), "'uniqueItems' is not permitted."),
    (holding({"type": "string", "format": "uri"}), "'uri' is not a valid format."),
    (holding({"type": "array"}), "array schema missing items."),
    (holding({"description": "?"}), "schema must have a 'type' key."),
    (holding({"$ref": "#/$defs/B", "description": "?"}, **{"$defs": {"B": OBJECT}}), "$ref cannot have keywords"),
    (holding({"type": ["object", "null"], "properties": {}}), "'additionalProperties' is required to be supplied"),
    ({**OBJECT, "required": []}, "Missing 'a'."),
    ({**OBJECT, "required": ["a", "b"]}, "Extra required key 'b' supplied."),
    (nested(11), "11 levels of nesting exceeds limit of 10."),
    (holding({"type": "string", "enum": [str(number) for number in range(1001)]}), "exceeds limit of 1000."),
]


@pytest.mark.parametrize(("schema", "sentence"), BAD)
def test_what_strict_mode_does_not_know_is_a_fault(schema: dict[str, Any], sentence: str) -> None:
    assert sentence in str(strictness_fault(schema))


@pytest.mark.parametrize(
    "schema",
    [
        nested(10),
        holding({"type": ["string", "null"], "pattern": "^a", "description": "?"}),
        holding({"type": "string", "format": "date"}),
        holding({"type": "integer", "minimum": 1, "exclusiveMaximum": 5, "multipleOf": 2}),
        holding({"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3}),
        holding({"anyOf": [{"const": "x"}, {"enum": ["y"]}, {"$ref": "#/$defs/B"}]}, **{"$defs": {"B": OBJECT}}),
        holding({"$ref": "#"}),
    ],
)
def test_what_strict_mode_knows_is_none(schema: dict[str, Any]) -> None:
    assert strictness_fault(schema) is None


def test_a_function_needs_an_object_even_when_it_is_not_strict() -> None:
    assert "got 'type: \"None\"'" in str(function_fault({}))
    assert "object schema missing properties." in str(function_fault({"type": "object"}))
    assert "array schema missing items." in str(function_fault(holding({"type": "array"})))
    assert function_fault(holding({"type": "string", "default": "x", "minLength": 1})) is None


def test_a_tool_is_refused_with_its_place(http: httpx.Client) -> None:
    bad = holding({"type": "string", "default": ""})
    by_chat = [{"type": "function", "function": {"name": "f", "parameters": bad, "strict": True}}]
    error = fault(chat(http, "m", tools=by_chat))
    assert (error["param"], error["code"]) == ("tools[0].function.parameters", "invalid_function_parameters")
    assert error["message"].startswith("Invalid schema for function 'f': In context=('properties', 'a'), ")
    error = fault(respond(http, "m", tools=[{"type": "function", "name": "f", "parameters": bad, "strict": True}]))
    assert (error["param"], error["code"]) == ("tools[0].parameters", "invalid_function_parameters")


def test_an_answers_schema_is_refused_with_its_place(http: httpx.Client) -> None:
    bad = holding({"type": "string", "default": ""})
    by_chat = {"type": "json_schema", "json_schema": {"name": "s", "schema": bad, "strict": True}}
    error = fault(chat(http, "m", response_format=by_chat))
    assert (error["param"], error["code"]) == ("response_format", "invalid_json_schema")
    by_responses = {"format": {"type": "json_schema", "name": "s", "schema": bad, "strict": True}}
    error = fault(respond(http, "m", text=by_responses))
    assert (error["param"], error["code"]) == ("text.format.schema", "invalid_json_schema")


def test_outside_of_strict_mode_any_keyword_is_taken(http: httpx.Client) -> None:
    loose = {"type": "object", "properties": {"a": {"type": "string", "default": ""}}}
    by_chat = [{"type": "function", "function": {"name": "f", "parameters": loose}}]
    assert accepted(chat(http, "m", tools=by_chat))
    assert accepted(respond(http, "m", tools=[{"type": "function", "name": "f", "parameters": loose}]))
    assert accepted(respond(http, "m", text={"format": {"type": "json_schema", "name": "s", "schema": loose}}))
