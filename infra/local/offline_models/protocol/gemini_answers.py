"""Answers of Gemini's OpenAI-compatible endpoint, with all by which they differ from OpenAI's.

Seen in public: whole calls in one delta, with index 0 or none (noho/dayu-agent#45, NousResearch/hermes-agent#62937),
empty ids (vercel/ai#7834), `stop` beside streamed calls (googleapis/python-genai#2868), signatures, usage in every
chunk as it grows (ogx-ai/ogx#5122), and thoughts that are left out of `completion_tokens`
(router-for-me/CLIProxyAPI#5733, mozilla-ai/any-llm#1290).
"""

import time
from collections.abc import Iterator
from uuid import uuid4

from infra.local.offline_models.conversation import Json, Response
from infra.local.offline_models.delivery import DONE, Reply, encoded, event
from infra.local.offline_models.protocol.chat_requests import ChatRequest
from infra.local.offline_models.protocol.errors import ApiError
from infra.local.offline_models.tokens import pieces

UNKNOWN_NAME = "Invalid JSON payload received. Unknown name"
_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def error_body(error: ApiError) -> list[Json]:
    """A list of one, as in leookun/cursor-byok#112."""
    fault: Json = {"code": error.status, "message": error.message, "status": _STATUS.get(error.status, "UNKNOWN")}
    if error.message.startswith(UNKNOWN_NAME):
        violations = [{"description": line} for line in error.message.splitlines()]
        fault["details"] = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}]
    return [{"error": fault}]


def completion(request: ChatRequest, said: Response) -> Reply:
    if request.stream:
        return Reply((*map(event, _chunks(request, said)), DONE), streamed=True)
    message: Json = {"role": "assistant", **({"content": said.content} if said.content is not None else {})}
    if said.calls:
        message["tool_calls"] = _calls(said, streamed=False)
    choice = {"index": 0, "message": message, "finish_reason": said.finish_reason}
    return Reply((encoded({**_head(request, "chat.completion"), "choices": [choice], **_usage(said)}),))


def _chunks(request: ChatRequest, said: Response) -> Iterator[Json]:
    head = _head(request, "chat.completion.chunk")
    deltas: list[Json] = [{"content": piece} for piece in pieces(said.content or said.refusal or "")]
    deltas += [{"tool_calls": [call]} for call in _calls(said, streamed=True)]
    for number, delta in enumerate(deltas, start=1):
        choice: Json = {"index": 0, "delta": {"role": "assistant", **delta}}
        yield {**head, "choices": [choice], **(_usage(said, number / len(deltas)) if request.includes_usage else {})}
    if said.error:
        yield error_body(ApiError(500, said.error.message))[0]
        return
    reason = "stop" if said.finish_reason == "tool_calls" else said.finish_reason
    last = {"index": 0, "delta": {"role": "assistant"}, "finish_reason": reason}
    yield {**head, "choices": [last], **(_usage(said) if request.includes_usage else {})}


def _calls(said: Response, *, streamed: bool) -> list[Json]:
    calls: list[Json] = []
    for number, call in enumerate(said.calls):
        # of several calls in a stream, every second comes without an index and without an id
        bare = streamed and number % 2 == 1
        index = {"index": 0} if streamed and not bare else {}
        function = {"name": call.name, "arguments": call.arguments}
        signature = {} if number else {"extra_content": {"google": {"thought_signature": uuid4().hex}}}
        calls.append({**index, "id": "" if bare else call.id, "type": "function", "function": function, **signature})
    return calls


def _head(request: ChatRequest, kind: str) -> Json:
    return {"id": uuid4().hex, "object": kind, "created": int(time.time()), "model": request.model}


def _usage(said: Response, share: float = 1) -> Json:
    spoken = int((said.completion_tokens - said.reasoning_tokens) * share)
    total = said.prompt_tokens + said.reasoning_tokens + spoken
    return {"usage": {"prompt_tokens": said.prompt_tokens, "completion_tokens": spoken, "total_tokens": total}}
