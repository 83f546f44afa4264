"""Requests that OpenAI would refuse, in its error shape."""

from typing import Any

import httpx
import pytest

USER = {"role": "user", "content": "hi"}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TOOL = {"type": "function", "function": {"name": "f"}}
LOOSE = {"type": "object", "properties": {"a": {"type": "string"}}}


def error(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    fault = answer.json()["error"]
    assert set(fault) == {"message", "type", "param", "code"}
    assert fault["message"]
    return dict(fault)


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"model": None}, "model", "invalid_type"),
        ({"messages": []}, "messages", "invalid_value"),
        ({"messages": [{"role": "user"}]}, "messages[0]", "invalid_value"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content", "invalid_type"),
        ({"messages": [{"role": "robot", "content": "hi"}]}, "messages[0].role", "invalid_value"),
        ({"messages": [{"role": "tool", "content": "1"}]}, "messages[0]", "invalid_value"),
        ({"temprature": 1}, "temprature", "unknown_parameter"),
        ({"n": 2}, "n", "invalid_value"),
        ({"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
        ({"temperature": 3.5}, "temperature", "decimal_above_max_value"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name", "invalid_value"),
        ({"response_format": {"type": "json_schema"}}, "response_format", "invalid_value"),
    ],
)  # fmt: skip
def test_a_faulty_field_is_named(http: httpx.Client, fields: dict[str, Any], param: str, code: str) -> None:
    fault = error(http.post("/chat/completions", json={"model": "m", "messages": [USER], **fields}), 400)
    assert (fault["param"], fault["code"], fault["type"]) == (param, code, "invalid_request_error")


def test_half_a_character_is_refused(http: httpx.Client) -> None:
    body = rb'{"model": "m", "messages": [{"role": "user", "content": "\ud800"}]}'
    error(http.post("/chat/completions", content=body), 400)


def test_a_missing_field_is_named(http: httpx.Client) -> None:
    fault = error(http.post("/chat/completions", json={"model": "m"}), 400)
    assert (fault["param"], fault["code"]) == ("messages", "missing_required_parameter")


@pytest.mark.parametrize(
    "fields",
    [
        {"stream_options": {"include_usage": True}},
        {"tool_choice": "auto"},
        {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "g"}}},
        {"messages": [USER, {"role": "assistant", "tool_calls": [CALL]}, USER]},
        {"messages": [USER, {"role": "assistant", "tool_calls": [CALL]}]},
        {"messages": [USER, {"role": "tool", "tool_call_id": "c1", "content": "1"}]},
        {"tools": [{"type": "function", "function": {"name": "f", "strict": True, "parameters": LOOSE}}]},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "s", "strict": True, "schema": LOOSE}}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {"$ref": "#/x"}}}},
    ],
)  # fmt: skip
def test_fields_that_do_not_fit_together_are_refused(http: httpx.Client, fields: dict[str, Any]) -> None:
    error(http.post("/chat/completions", json={"model": "m", "messages": [USER], **fields}), 400)


def test_a_tool_call_with_its_answer_is_accepted(http: httpx.Client) -> None:
    messages = [
        USER,
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": "1"},
        USER,
    ]
    assert http.post("/chat/completions", json={"model": "m", "messages": messages}).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(http: httpx.Client, body: bytes) -> None:
    error(http.post("/chat/completions", content=body), 400)


@pytest.mark.parametrize("path", ["/models", "/embeddings", "/chat/completions", "/responses"])
@pytest.mark.parametrize("header", ["", "Bearer", "Basic abc"])
def test_without_a_bearer_key_nobody_is_served(http: httpx.Client, path: str, header: str) -> None:
    method = "GET" if path == "/models" else "POST"
    answer = http.request(method, path, headers={"authorization": header})
    assert error(answer, 401)["code"] == "invalid_api_key"


def test_a_body_beyond_10_megabytes_is_refused(http: httpx.Client) -> None:
    error(http.post("/embeddings", content=b" " * (10 * 1024 * 1024 + 1)), 413)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/answers", 404), ("GET", "/", 404), ("GET", "/chat/completions", 405)],
)
def test_unknown_paths_are_answered_in_the_same_shape(http: httpx.Client, method: str, path: str, status: int) -> None:
    error(http.request(method, path), status)
