"""What a model was asked, in one form whichever dialect it was asked in; and whether that is a request at all."""

import functools
from typing import Any

from pydantic import ConfigDict, TypeAdapter

Body = dict[str, Any]


def asked_messages(body: Body) -> list[Body]:
    """The messages of a request to a model: role, content, and the calls with their results."""
    if "messages" in body:
        return list(body["messages"])
    found: list[Body] = []
    for item in body.get("input", ()):
        kind = item.get("type", "message")
        if kind == "message":
            found.append({"role": item["role"], "content": item["content"]})
        elif kind == "function_call_output":
            found.append({"role": "tool", "tool_call_id": item["call_id"], "content": item["output"]})
        elif kind == "function_call":
            _called(found)["tool_calls"].append(
                {
                    "id": item["call_id"],
                    "type": "function",
                    "function": {"name": item["name"], "arguments": item["arguments"]},
                }
            )
    return found


def check_body(body: Body) -> None:
    """Raises ValidationError for a request that openai's own types do not know: a field too many, missing or wrong.

    What Gemini wants beside them is left out first: `name` on a tool's message, `extra_content` on a call.
    """
    told = body if "input" in body else body | {"messages": [_by_openai(message) for message in body["messages"]]}
    _exhausted(_types("input" in body).validate_python([told]))


@functools.cache
def _types(responses: bool) -> "TypeAdapter[Any]":
    from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
    from openai.types.responses.response_create_params import ResponseCreateParamsStreaming

    # In a list, since the types have no configuration of their own and take that of what they stand in.
    if responses:
        return TypeAdapter(list[ResponseCreateParamsStreaming], config=ConfigDict(extra="forbid"))
    return TypeAdapter(list[CompletionCreateParamsStreaming], config=ConfigDict(extra="forbid"))


def _by_openai(message: Body) -> Body:
    kept = {name: part for name, part in message.items() if (message["role"], name) != ("tool", "name")}
    if "tool_calls" in kept:
        kept["tool_calls"] = [{k: v for k, v in call.items() if k != "extra_content"} for call in kept["tool_calls"]]
    return kept


def _exhausted(value: Any) -> Any:
    """Pydantic validates what is typed as an Iterable only while it is gone through."""
    if isinstance(value, dict):
        return {name: _exhausted(part) for name, part in value.items()}
    if isinstance(value, str | bytes | int | float | bool | None):
        return value
    return [_exhausted(part) for part in value]


def _called(found: list[Body]) -> Body:
    """The message that the next call belongs to: the model's own before it, else a new one."""
    if not found or found[-1]["role"] != "assistant":
        found.append({"role": "assistant", "content": None})
    found[-1].setdefault("tool_calls", [])
    return found[-1]
