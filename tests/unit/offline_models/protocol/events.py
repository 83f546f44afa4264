"""Reading a stream of /v1/responses as it comes over the wire, each event checked against openai's own types."""

from typing import Any

import httpx
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
RESPONSE: TypeAdapter[Response] = TypeAdapter(Response)


def streamed(http: httpx.Client, **body: Any) -> list[dict[str, Any]]:
    """The events; they are numbered, and each is named twice alike."""
    answer = http.post("/responses", json={"model": "m", "stream": True, **body})
    assert answer.status_code == 200
    found = []
    for number, block in enumerate(answer.text.strip().split("\n\n")):
        name, data = block.split("\n")
        event = EVENT.validate_json(data.removeprefix("data: "))
        raw = event.to_dict()
        assert (name, raw["sequence_number"]) == (f"event: {raw['type']}", number)
        found.append(raw)
    return found


def whole(http: httpx.Client, **body: Any) -> dict[str, Any]:
    answer = http.post("/responses", json={"model": "m", **body})
    assert answer.status_code == 200, answer.text
    return RESPONSE.validate_json(answer.content).to_dict()


def types(events: list[dict[str, Any]]) -> list[str]:
    """The kinds of the events, those that repeat said once."""
    kinds = [event["type"].removeprefix("response.") for event in events]
    return [kind for place, kind in enumerate(kinds) if kinds[place - 1 : place] != [kind]]


def refused(answer: httpx.Response, status: int = 400) -> dict[str, Any]:
    """The error of an answer, in the shape in which OpenAI writes it."""
    assert answer.status_code == status, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error
