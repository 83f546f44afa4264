"""Answers of /v1/chat/completions: one JSON object, or the events of a stream."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

from infra.local.offline_models import extractive
from infra.local.offline_models.conversation import Call, Completion
from infra.local.offline_models.delivery import DONE, Reply, encoded
from infra.local.offline_models.dialects.chat_requests import ChatRequest
from infra.local.offline_models.errors import ApiError
from infra.local.offline_models.pieces import pieces

Json = dict[str, Any]


def completion(request: ChatRequest, said: Completion) -> Reply:
    if request.stream:
        with_usage = bool(request.stream_options and request.stream_options.include_usage)
        end = () if said.error else (DONE,)
        return Reply((*_events(said, with_usage=with_usage), *end), streamed=True)
    message = {
        "role": "assistant",
        "content": said.content,
        "refusal": said.refusal,
        "annotations": [],
        **({"tool_calls": [_call(call) for call in said.calls]} if said.calls else {}),
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": said.finish_reason}
    return Reply((encoded({**_head("chat.completion"), "choices": [choice], "usage": _usage(said)}),))


def _head(kind: str) -> Json:
    return {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": kind,
        "created": int(time.time()),
        "model": extractive.MODEL,
        "service_tier": "default",
        "system_fingerprint": None,
    }


def _usage(said: Completion) -> Json:
    return {
        "prompt_tokens": said.prompt_tokens,
        "completion_tokens": said.completion_tokens,
        "total_tokens": said.total_tokens,
        "prompt_tokens_details": {"cached_tokens": said.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": said.reasoning_tokens, "audio_tokens": 0},
    }


def _call(call: Call) -> Json:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _events(said: Completion, *, with_usage: bool) -> Iterator[bytes]:
    head = _head("chat.completion.chunk")
    pending = {"usage": None} if with_usage else {}
    for delta in _deltas(said):
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}
        yield _event({**head, "choices": [choice], **pending})
    if said.error:
        yield _event(ApiError(500, said.error.message, code=said.error.code).body())
        return
    last = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": said.finish_reason}
    yield _event({**head, "choices": [last], **pending})
    if with_usage:
        yield _event({**head, "choices": [], "usage": _usage(said)})


def _deltas(said: Completion) -> Iterator[Json]:
    yield {"role": "assistant", "content": None if said.content is None else "", "refusal": None}
    for field in ("content", "refusal"):
        yield from ({field: piece} for piece in pieces(getattr(said, field) or ""))
    for index, call in enumerate(said.calls):
        opening = _call(replace(call, arguments=""))
        yield {"tool_calls": [{"index": index, **opening}]}
        for piece in pieces(call.arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _event(body: Json) -> bytes:
    return b"data: " + encoded(body) + b"\n\n"
