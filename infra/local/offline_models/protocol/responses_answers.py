"""Answers of /v1/responses: one object, or the events of a stream.

https://platform.openai.com/docs/api-reference/responses/object and /responses-streaming
"""

import time
from collections.abc import Iterator
from uuid import uuid4

from openai.types.responses import Response as OpenAIResponse

from infra.local.offline_models.conversation import Json, Response
from infra.local.offline_models.delivery import Reply, encoded, event
from infra.local.offline_models.protocol.responses_history import sealed
from infra.local.offline_models.protocol.responses_requests import ENCRYPTED, ResponsesRequest
from infra.local.offline_models.tokens import pieces

_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
_EMPTY: dict[str, Json] = {
    "reasoning": {},
    "message": {"content": [], "status": "in_progress"},
    "function_call": {"arguments": "", "status": "in_progress"},
}
_NOT_ECHOED = {"input", "stream", "stream_options", "include"}
_DEFAULTS: Json = {
    "status": "in_progress",
    "background": False,
    "output": [],
    "parallel_tool_calls": True,
    "store": True,
    "temperature": 1.0,
    "tool_choice": "auto",
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "metadata": {},
}


def response(request: ResponsesRequest, said: Response) -> Reply:
    started = _started(request)
    ended = _ended(started, _output(request, said), said)
    if not request.stream:
        return Reply((encoded(ended),))
    numbered = enumerate(_events(started, ended))
    events = ({**each, "sequence_number": number} for number, each in numbered)
    return Reply(tuple(event(each, each["type"]) for each in events), streamed=True)  # no [DONE] comes behind the last


def _started(request: ResponsesRequest) -> Json:
    """A response before it is one; what the request left out is given with OpenAI's defaults."""
    given = request.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=_NOT_ECHOED)
    form = given["text"]["format"]
    if form["type"] == "json_schema":
        form = {"description": None, "strict": False, **form}
    return {
        **dict.fromkeys(OpenAIResponse.model_fields),
        **_DEFAULTS,
        **given,
        "id": f"resp_{uuid4().hex}",
        "object": "response",
        "created_at": int(time.time()),
        "service_tier": "default",
        "reasoning": {"effort": None, "summary": None, **given.get("reasoning", {})},
        "text": {"verbosity": "medium", **given["text"], "format": form},
        "tools": [{"description": None, "parameters": None, "strict": True, **tool} for tool in given.get("tools", [])],
    }


def _ended(started: Json, output: list[Json], said: Response) -> Json:
    reason = _INCOMPLETE.get(said.finish_reason)
    end: Json = {"status": "completed", "completed_at": int(time.time())}
    if said.error:
        end = {"status": "failed", "error": {"code": said.error.code, "message": said.error.message}}
    elif reason:
        end = {"status": "incomplete", "incomplete_details": {"reason": reason}}
    usage = {
        "input_tokens": said.prompt_tokens,
        "input_tokens_details": {"cached_tokens": said.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": said.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": said.reasoning_tokens},
        "total_tokens": said.total_tokens,
    }
    return {**started, **end, "output": output, "usage": usage}


def _output(request: ResponsesRequest, said: Response) -> list[Json]:
    """The items of an answer: thoughts, then words, then calls; what a thought led to is known by its id."""
    items = [*_spoken(said), *_called(said)]
    name, thoughts = uuid4().hex, []
    if said.reasoning_tokens:
        thoughts = [{"id": f"rs_{name}", "type": "reasoning", "summary": []}]
        if ENCRYPTED in (request.include or []):
            led_to = f"call:{items[0]['call_id']}" if items and "call_id" in items[0] else "assistant" if items else ""
            thoughts[0]["encrypted_content"] = sealed(f"rs_{name}", led_to)
    for number, item in enumerate(items):
        kind = "msg" if item["type"] == "message" else "fc"
        item["id"] = f"{kind}_t{name}" if thoughts and not number else f"{kind}_{uuid4().hex}"
        item["status"] = "completed"
    if items and said.finish_reason in _INCOMPLETE:
        items[-1]["status"] = "incomplete"
    return [*thoughts, *items]


def _spoken(said: Response) -> Iterator[Json]:
    content: list[Json] = []
    if said.content is not None:
        content.append({"type": "output_text", "text": said.content, "annotations": [], "logprobs": []})
    if said.refusal is not None:
        content.append({"type": "refusal", "refusal": said.refusal})
    if content:
        yield {"type": "message", "role": "assistant", "content": content}


def _called(said: Response) -> Iterator[Json]:
    for call in said.calls:
        yield {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}


def _events(started: Json, ended: Json) -> Iterator[Json]:
    yield {"type": "response.created", "response": started}
    yield {"type": "response.in_progress", "response": started}
    for index, item in enumerate(ended["output"]):
        place = {"output_index": index}
        opening = {**item, **_EMPTY[item["type"]]}
        yield {"type": "response.output_item.added", **place, "item": opening}
        yield from _inside(item, {"item_id": item["id"], **place})
        yield {"type": "response.output_item.done", **place, "item": item}
    yield {"type": f"response.{ended['status']}", "response": ended}


def _inside(item: Json, place: Json) -> Iterator[Json]:
    if item["type"] == "function_call":
        kind = "response.function_call_arguments"
        for piece in pieces(item["arguments"]):
            yield {"type": f"{kind}.delta", **place, "delta": piece}
        yield {"type": f"{kind}.done", **place, "name": item["name"], "arguments": item["arguments"]}
    for index, part in enumerate(item.get("content", [])):
        yield from _part(part, {**place, "content_index": index})


def _part(part: Json, place: Json) -> Iterator[Json]:
    field, kind = ("text" if part["type"] == "output_text" else "refusal"), f"response.{part['type']}"
    more: Json = {"logprobs": []} if field == "text" else {}
    yield {"type": "response.content_part.added", **place, "part": {**part, field: ""}}
    for piece in pieces(part[field]):
        yield {"type": f"{kind}.delta", **place, "delta": piece, **more}
    yield {"type": f"{kind}.done", **place, field: part[field], **more}
    yield {"type": "response.content_part.done", **place, "part": part}
