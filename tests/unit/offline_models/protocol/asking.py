"""Asking for something that a model's rules may refuse."""

from typing import Any

import httpx

USER = {"role": "user", "content": "hi"}
OBJECT: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "f", "parameters": OBJECT}}
FLAT_TOOL = {"type": "function", "name": "f", "parameters": OBJECT}


def chat(http: httpx.Client, model: str, **fields: Any) -> httpx.Response:
    return http.post("/chat/completions", json={"model": model, "messages": [USER], **fields})


def respond(http: httpx.Client, model: str, **fields: Any) -> httpx.Response:
    return http.post("/responses", json={"model": model, "input": "hi", **fields})


def fault(answer: httpx.Response) -> dict[str, Any]:
    """The error of a refusal, in OpenAI's shape."""
    assert answer.status_code == 400, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    return error


def accepted(answer: httpx.Response) -> bool:
    assert answer.status_code == 200, answer.text
    return True
