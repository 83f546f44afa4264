"""Whole answers of /v1/responses, and what is refused."""

import json
from typing import Any

import httpx
import pytest

from infra.local.offline_models.server import RunningModels
from tests.unit.offline_models.pretend.stage import DELOAD, PASSAGES, prompt
from tests.unit.offline_models.protocol.events import refused, whole

SCHEMA = {
    "type": "object",
    "properties": {"title": {"type": "string"}},
    "required": ["title"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "name": "f", "parameters": SCHEMA, "strict": True}
NAMED = {"type": "function", "name": "f"}


def part(role: str, kind: str) -> dict[str, Any]:
    """A message with one part of this kind."""
    return {"input": [{"role": role, "content": [{"type": kind, "text": "hi"}]}]}


def text(response: dict[str, Any]) -> str:
    return str(response["output"][-1]["content"][0]["text"])


def test_passages_are_quoted_whichever_way_the_question_comes(http: httpx.Client) -> None:
    ways: list[Any] = [
        prompt(DELOAD),
        [{"role": "user", "content": prompt(DELOAD)}],
        [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": prompt(DELOAD)}]}],
    ]
    said = {text(whole(http, input=way)) for way in ways}
    assert len(said) == 1
    assert said.pop().startswith(PASSAGES["Deloads"][:40])


def test_instructions_are_what_the_application_says(models: RunningModels, http: httpx.Client, mark: str) -> None:
    models.behave(mark, "script", content="Seen.")
    assert text(whole(http, instructions=mark, input="Hi")) == "Seen."
    assert models.requests(mark)[0]["dialect"] == "responses"


def test_what_was_asked_for_is_said_again(http: httpx.Client) -> None:
    asked: dict[str, Any] = {
        "instructions": "Be brief.",
        "tools": [TOOL],
        "tool_choice": {"type": "function", "name": "f"},
        "max_output_tokens": 500,
        "store": False,
        "metadata": {"turn": "1"},
        "prompt_cache_key": "coach",
        "safety_identifier": "u" * 64,
        "parallel_tool_calls": False,
    }
    response = whole(http, input="Hi", **asked)
    assert {name: response[name] for name in asked} == asked | {"tools": [{"description": None, **TOOL}]}
    assert (response["status"], response["object"]) == ("completed", "response")


def test_json_is_answered_in_its_schema(http: httpx.Client) -> None:
    form = {"type": "json_schema", "name": "title", "schema": SCHEMA, "strict": True}
    response = whole(http, input="Leg day", text={"format": form})
    assert json.loads(text(response)) == {"title": "Leg day"}
    assert response["text"] == {"format": {"description": None, **form}, "verbosity": "medium"}


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        ("none", False),
        ("required", True),
        (NAMED, True),
    ],
)
def test_a_tool_is_called_when_it_must_be(http: httpx.Client, choice: Any, called: bool) -> None:
    response = whole(http, input="Leg day", tools=[TOOL], tool_choice=choice)
    assert (response["output"][0]["type"] == "function_call") == called


def test_thinking_costs_tokens_of_the_same_limit(http: httpx.Client) -> None:
    thinking = whole(http, input="Hi", reasoning={"effort": "low"})
    thoughts = thinking["usage"]["output_tokens_details"]["reasoning_tokens"]
    spoken = whole(http, input="Hi")["usage"]["output_tokens"]
    assert thoughts > 0
    assert thinking["usage"]["output_tokens"] == spoken + thoughts

    cut = whole(http, input="Hi", reasoning={"effort": "low"}, max_output_tokens=spoken)
    assert (cut["status"], cut["usage"]["output_tokens"]) == ("incomplete", spoken)
    starved = whole(http, input="Hi", reasoning={"effort": "low"}, max_output_tokens=16)
    assert (starved["status"], starved["usage"]["output_tokens"]) == ("incomplete", 16)
    assert [part["text"] for item in starved["output"][1:] for part in item["content"]] == [""]


def test_a_script_says_what_was_cached_and_thought(models: RunningModels, http: httpx.Client, mark: str) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 50, "cached_tokens": 900, "reasoning_tokens": 40}
    models.behave(mark, "script", content="Yes.", usage=usage)
    assert whole(http, input=mark)["usage"] == {
        "input_tokens": 1000,
        "input_tokens_details": {"cached_tokens": 900, "cache_write_tokens": 0},
        "output_tokens": 50,
        "output_tokens_details": {"reasoning_tokens": 40},
        "total_tokens": 1050,
    }


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"temprature": 1}, "temprature", "unknown_parameter"),
        ({"messages": []}, "messages", "unknown_parameter"),
        ({"max_tokens": 100}, "max_tokens", "unknown_parameter"),
        ({"input": None}, "input", "invalid_value"),
        ({"input": [{"type": "robot"}]}, "input[0]", "invalid_value"),
        ({"input": [{"role": "robot", "content": "hi"}]}, "input[0].role", "invalid_value"),
        ({"input": [{"role": "tool", "content": "hi"}]}, "input[0].role", "invalid_value"),
        ({"input": [{"role": "user"}]}, "input[0].content", "missing_required_parameter"),
        ({"input": [{"role": "user", "content": "hi", "id": "5"}]}, "input[0].id", "invalid_value"),
        (part("user", "text"), "input[0].content[0].type", "invalid_value"),
        (part("user", "output_text"), "input[0]", "invalid_value"),
        (part("assistant", "input_text"), "input[0]", "invalid_value"),
        ({"max_output_tokens": 15}, "max_output_tokens", "integer_below_min_value"),
        ({"reasoning": {"effort": "huge"}}, "reasoning.effort", "invalid_value"),
        ({"include": ["thoughts"]}, "include[0]", "invalid_value"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools[0].name", "missing_required_parameter"),
        ({"text": {"format": {"type": "json_schema"}}}, "text.format.name", "missing_required_parameter"),
        ({"metadata": {"key": "v" * 513}}, "metadata.key", "string_above_max_length"),
        ({"safety_identifier": "u" * 129}, "safety_identifier", "string_above_max_length"),
        ({"service_tier": "gold"}, "service_tier", "invalid_value"),
    ],
)  # fmt: skip
def test_a_faulty_field_is_named(http: httpx.Client, fields: dict[str, Any], param: str, code: str) -> None:
    error = refused(http.post("/responses", json={"model": "m", "input": "hi", **fields}))
    assert (error["param"], error["code"], error["type"]) == (param, code, "invalid_request_error")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"max_output_tokens": 15},
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 15 instead.",
        ),
        (
            {"safety_identifier": "u" * 129},
            "Invalid 'safety_identifier': string too long. Expected a string with maximum length 128, "
            "but got a string with length 129 instead.",
        ),
        ({"text": {"verbosity": "loud"}}, "Invalid value: 'loud'. Supported values are: 'low', 'medium' or 'high'."),
        (
            {"input": [{"type": "robot"}]},
            "Invalid value: 'robot'. Supported values are: 'message', 'function_call', 'function_call_output', "
            "'reasoning', 'item_reference'.",
        ),
    ],
)
def test_a_faulty_value_is_refused_in_openais_words(http: httpx.Client, fields: dict[str, Any], sentence: str) -> None:
    assert refused(http.post("/responses", json={"model": "m", "input": "hi", **fields}))["message"] == sentence


@pytest.mark.parametrize(
    "fields",
    [
        {"stream_options": {"include_obfuscation": False}},
        {"tool_choice": "required"},
        {"tools": [TOOL], "tool_choice": {"type": "function", "name": "g"}},
        {"tools": [TOOL], "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [NAMED]}},  # not served
    ],
)
def test_fields_that_do_not_fit_together_are_refused(http: httpx.Client, fields: dict[str, Any]) -> None:
    refused(http.post("/responses", json={"model": "m", "input": "hi", **fields}))


def test_gemini_speaks_no_responses(gemini_http: httpx.Client) -> None:
    assert gemini_http.post("/responses", json={"model": "m", "input": "hi"}).status_code == 404
