"""Answers of /v1/responses as one object, whole or as far as a stream has come."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from infra.local.offline_models.conversation import Call, Completion
from infra.local.offline_models.dialects.reasoning import sealed
from infra.local.offline_models.dialects.responses_requests import ENCRYPTED, ResponsesRequest

Json = dict[str, Any]

# Why an answer is none that is complete: https://platform.openai.com/docs/api-reference/responses/object
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


def envelope(request: ResponsesRequest) -> Json:
    """A response before it is one; what the request left out is given with OpenAI's defaults."""
    asked = request.model_dump(mode="json", by_alias=True, exclude_none=True)
    reasoning = {"effort": None, "summary": None, **asked.get("reasoning", {})}
    return {
        "id": f"resp_{uuid4().hex}",
        "object": "response",
        "created_at": int(time.time()),
        "completed_at": None,
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "max_tool_calls": None,
        "model": request.model,
        "output": [],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "prompt_cache_key": None,
        "prompt_cache_retention": None,
        "safety_identifier": None,
        "store": True,
        "temperature": 1.0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "tool_choice": "auto",
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": None,
        "user": None,
        "metadata": {},
        **{name: part for name, part in asked.items() if name not in ("input", "stream", "stream_options", "include")},
        "service_tier": "default",
        "reasoning": reasoning,
        "text": {"verbosity": "medium", **asked["text"], "format": _form(asked["text"]["format"])},
        "tools": [_tool(tool) for tool in asked.get("tools", [])],
    }


def finished(started: Json, output: list[Json], said: Completion) -> Json:
    """The response with all its output and how it ended."""
    reason = _INCOMPLETE.get(said.finish_reason)
    end = {"status": "incomplete", "incomplete_details": {"reason": reason}} if reason else {"status": "completed"}
    if said.error:
        end = {"status": "failed", "error": {"code": said.error.code, "message": said.error.message}}
    when = {} if reason or said.error else {"completed_at": int(time.time())}
    return {**started, **end, **when, "output": output, "usage": _usage(said)}


def output_of(request: ResponsesRequest, said: Completion) -> list[Json]:
    """The items of an answer: thoughts, then words, then calls."""
    items = [*_spoken(said), *_called(said)]
    status = "incomplete" if said.finish_reason in _INCOMPLETE else "completed"
    for item in items:
        item["status"] = "completed"
    if items:
        items[-1]["status"] = status
    return [*_thought(request, said, items), *items]


def _thought(request: ResponsesRequest, said: Completion, items: list[Json]) -> Iterator[Json]:
    if said.reasoning_tokens:
        name = f"rs_{uuid4().hex}"
        item: Json = {"id": name, "type": "reasoning", "summary": []}
        if ENCRYPTED in (request.include or []):
            item["encrypted_content"] = sealed(name, _led_to(items))
        yield item


def _led_to(items: list[Json]) -> str:
    if not items:
        return ""
    return f"call:{items[0]['call_id']}" if items[0]["type"] == "function_call" else "assistant"


def _spoken(said: Completion) -> Iterator[Json]:
    content: list[Json] = []
    if said.content is not None:
        content.append({"type": "output_text", "text": said.content, "annotations": [], "logprobs": []})
    if said.refusal is not None:
        content.append({"type": "refusal", "refusal": said.refusal})
    if content:
        yield {"id": f"msg_{uuid4().hex}", "type": "message", "role": "assistant", "content": content}


def _called(said: Completion) -> Iterator[Json]:
    yield from (_call(call) for call in said.calls)


def _call(call: Call) -> Json:
    return {
        "id": f"fc_{uuid4().hex}",
        "type": "function_call",
        "call_id": call.id,
        "name": call.name,
        "arguments": call.arguments,
    }


def _form(asked: Json) -> Json:
    return {"description": None, "strict": False, **asked} if asked["type"] == "json_schema" else asked


def _tool(asked: Json) -> Json:
    return {"description": None, "parameters": None, "strict": True, **asked}


def _usage(said: Completion) -> Json:
    return {
        "input_tokens": said.prompt_tokens,
        "input_tokens_details": {"cached_tokens": said.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": said.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": said.reasoning_tokens},
        "total_tokens": said.total_tokens,
    }
