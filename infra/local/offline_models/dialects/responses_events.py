"""Answers of /v1/responses as a stream: https://platform.openai.com/docs/api-reference/responses-streaming."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.local.offline_models.delivery import encoded
from infra.local.offline_models.pieces import pieces

Json = dict[str, Any]


def events(started: Json, ended: Json) -> tuple[bytes, ...]:
    """The events of a response from its beginning to its end; nothing comes behind the last one, no `[DONE]`."""
    numbered = enumerate(_events(started, ended))
    return tuple(_encoded({**event, "sequence_number": number}) for number, event in numbered)


def _encoded(event: Json) -> bytes:
    return f"event: {event['type']}\ndata: ".encode() + encoded(event) + b"\n\n"


def _events(started: Json, ended: Json) -> Iterator[Json]:
    yield {"type": "response.created", "response": started}
    yield {"type": "response.in_progress", "response": started}
    for index, item in enumerate(ended["output"]):
        place = {"output_index": index}
        yield {"type": "response.output_item.added", **place, "item": _opening(item)}
        yield from _insides(item, {"item_id": item["id"], **place})
        yield {"type": "response.output_item.done", **place, "item": item}
    yield {"type": f"response.{ended['status']}", "response": ended}


def _opening(item: Json) -> Json:
    """The item as it is announced, empty."""
    match item["type"]:
        case "message":
            return {**item, "content": [], "status": "in_progress"}
        case "function_call":
            return {**item, "arguments": "", "status": "in_progress"}
        case _:
            return item


def _insides(item: Json, place: Json) -> Iterator[Json]:
    if item["type"] == "function_call":
        kind = "response.function_call_arguments"
        for piece in pieces(item["arguments"]):
            yield {"type": f"{kind}.delta", **place, "delta": piece}
        yield {"type": f"{kind}.done", **place, "name": item["name"], "arguments": item["arguments"]}
    for index, part in enumerate(item.get("content", [])):
        yield from _part(part, {**place, "content_index": index})


def _part(part: Json, place: Json) -> Iterator[Json]:
    field = "text" if part["type"] == "output_text" else "refusal"
    kind = f"response.{part['type']}"
    more: Json = {"logprobs": []} if field == "text" else {}
    yield {"type": "response.content_part.added", **place, "part": {**part, field: ""}}
    for piece in pieces(part[field]):
        yield {"type": f"{kind}.delta", **place, "delta": piece, **more}
    yield {"type": f"{kind}.done", **place, field: part[field], **more}
    yield {"type": "response.content_part.done", **place, "part": part}
