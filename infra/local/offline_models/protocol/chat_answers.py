"""Answers of /v1/chat/completions: one JSON object, or the events of a stream."""

import time
from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

from infra.local.offline_models.conversation import Call, Json, Response
from infra.local.offline_models.delivery import DONE, Reply, encoded, event
from infra.local.offline_models.protocol.chat_requests import ChatRequest
from infra.local.offline_models.protocol.errors import ApiError
from infra.local.offline_models.tokens import pieces

MODEL = "hercules-extractive-1"


def completion(request: ChatRequest, said: Response) -> Reply:
    if request.stream:
        end = () if said.error else (DONE,)
        return Reply((*map(event, _chunks(said, with_usage=request.includes_usage)), *end), streamed=True)
    message: Json = {"role": "assistant", "content": said.content, "refusal": said.refusal, "annotations": []}
    if said.calls:
        message["tool_calls"] = [_call(call) for call in said.calls]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": said.finish_reason}
    return Reply((encoded({**_head("chat.completion"), "choices": [choice], "usage": _usage(said)}),))


def _head(kind: str) -> Json:
    named = {"id": f"chatcmpl-{uuid4().hex}", "object": kind, "created": int(time.time()), "model": MODEL}
    return {**named, "service_tier": "default", "system_fingerprint": None}


def _usage(said: Response) -> Json:
    return {
        "prompt_tokens": said.prompt_tokens,
        "completion_tokens": said.completion_tokens,
        "total_tokens": said.total_tokens,
        "prompt_tokens_details": {"cached_tokens": said.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": said.reasoning_tokens, "audio_tokens": 0},
    }


def _call(call: Call) -> Json:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _chunks(said: Response, *, with_usage: bool) -> Iterator[Json]:
    head = _head("chat.completion.chunk")
    pending = {"usage": None} if with_usage else {}
    for delta in _deltas(said):
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}
        yield {**head, "choices": [choice], **pending}
    if said.error:
        yield ApiError(500, said.error.message, code=said.error.code).body()
        return
    last = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": said.finish_reason}
    yield {**head, "choices": [last], **pending}
    if with_usage:
        yield {**head, "choices": [], "usage": _usage(said)}


def _deltas(said: Response) -> Iterator[Json]:
    yield {"role": "assistant", "content": None if said.content is None else "", "refusal": None}
    for field, text in (("content", said.content), ("refusal", said.refusal)):
        yield from ({field: piece} for piece in pieces(text or ""))
    for index, call in enumerate(said.calls):
        yield {"tool_calls": [{"index": index, **_call(replace(call, arguments=""))}]}
        for piece in pieces(call.arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
