"""What Gemini's OpenAI-compatible endpoint takes and refuses; the sources stand in `gemini_rules`."""

from typing import Any

import httpx
import pytest

from tests.unit.offline_models.protocol.asking import OBJECT, TOOL, USER, accepted, chat

MODEL = "gemini-3.8-flash"
SIGNED = {"google": {"thought_signature": "abc"}}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}, "extra_content": SIGNED}
CALLED = {"role": "assistant", "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "c1", "name": "f", "content": "1"}
JSON = {"type": "json_schema", "json_schema": {"name": "s", "schema": OBJECT}}


def tool(parameters: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", "parameters": parameters}}


def message(answer: httpx.Response) -> str:
    """The sentence of a refusal, in Google's shape."""
    assert answer.status_code == 400, answer.text
    ((error,),) = (list(each.values()) for each in answer.json())
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    return str(error["message"])


@pytest.mark.parametrize(
    "name", ["store", "safety_identifier", "prompt_cache_key", "metadata", "reasoning", "verbosity", "seed", "typo"]
)
def test_a_name_that_google_does_not_know_is_refused(gemini_http: httpx.Client, name: str) -> None:
    answer = chat(gemini_http, MODEL, **{name: "x"})
    assert message(answer) == f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
    assert answer.json()[0]["error"]["details"][0]["fieldViolations"]


EMPTY = {"type": "object", "properties": {}}
UNSIGNED = {"role": "assistant", "tool_calls": [{**CALL, "extra_content": {}}]}
NAMELESS = {name: part for name, part in RESULT.items() if name != "name"}
NO_PARTS = "parts: contents.parts must not be empty."
HOLLOW = "should be non-empty for OBJECT type"
NO_JSON = "Function calling with a response mime type: 'application/json' is unsupported"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"messages": [USER, {"role": "assistant", "content": ""}, USER]}, f"contents[1].{NO_PARTS}"),
        ({"messages": [{"role": "user", "content": ""}]}, f"contents[0].{NO_PARTS}"),
        ({"messages": [USER, CALLED, {**RESULT, "name": ""}]}, "function_response.name: Name cannot be empty."),
        ({"messages": [USER, CALLED, NAMELESS]}, "contents[2].parts[0].function_response.name: Name cannot be empty."),
        ({"tools": [tool(EMPTY)]}, f"function_declarations[0].parameters.properties: {HOLLOW}"),
        ({"tools": [tool({**OBJECT, "properties": {"a": EMPTY}})]}, f"properties[a].properties: {HOLLOW}"),
        ({"messages": [USER, UNSIGNED, RESULT]}, "Function call is missing a thought_signature"),
        ({"tools": [TOOL], "response_format": JSON}, NO_JSON),
        ({"tools": [TOOL], "response_format": {"type": "json_object"}}, NO_JSON),
        ({"reasoning_effort": "minimal"}, "not supported for this model"),
        ({"reasoning_effort": "xhigh"}, "not supported for this model"),
        ({"messages": [USER, CALLED]}, "no answer"),
    ],
)
def test_what_google_refuses_is_refused(gemini_http: httpx.Client, fields: dict[str, Any], sentence: str) -> None:
    assert sentence in message(chat(gemini_http, MODEL, **fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"messages": [USER, CALLED, RESULT]},
        {"messages": [USER, {**CALLED, "content": ""}, RESULT]},
        {"tools": [TOOL]},
        {"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "none"},
        {"response_format": JSON},
        {"reasoning_effort": "low"},
        {"temperature": 0.2, "max_tokens": 50},
    ],
)
def test_what_google_takes_is_accepted(gemini_http: httpx.Client, fields: dict[str, Any]) -> None:
    assert accepted(chat(gemini_http, MODEL, **fields))


def test_an_older_flash_thinks_minimally(gemini_http: httpx.Client) -> None:
    assert accepted(chat(gemini_http, "gemini-3.6-flash", reasoning_effort="minimal"))
