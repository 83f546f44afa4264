"""Streams of /v1/responses, from the first event to the last."""

from typing import Any

import httpx
import pytest
from openai import OpenAI
from pydantic import ValidationError

from infra.local.offline_models.server import RunningModels
from tests.unit.offline_models.pretend.stage import DELOAD, prompt
from tests.unit.offline_models.protocol.events import EVENT, streamed, types, whole

FRAME = ["created", "in_progress"]
MESSAGE = ["output_item.added", "content_part.added", "output_text.delta", "output_text.done", "content_part.done"]
CALL = ["output_item.added", "function_call_arguments.delta", "function_call_arguments.done", "output_item.done"]
TOOL = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "string"}}}}


def test_a_text_comes_in_pieces_between_its_opening_and_its_end(http: httpx.Client) -> None:
    events = streamed(http, input=prompt(DELOAD))
    assert types(events) == [*FRAME, *MESSAGE, "output_item.done", "completed"]
    text = "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")
    assert text == whole(http, input=prompt(DELOAD))["output"][0]["content"][0]["text"]
    assert events[-1]["response"]["output"][0]["content"][0]["text"] == text
    assert events[0]["response"]["output"] == []


def test_a_call_says_its_name_first_and_its_arguments_in_pieces(http: httpx.Client) -> None:
    tool = TOOL | {"parameters": {**TOOL["parameters"], "required": ["a"]}}  # type: ignore[dict-item]
    events = streamed(http, input="Do it", tools=[tool], tool_choice="required")
    assert types(events) == [*FRAME, *CALL, "completed"]
    assert (events[2]["item"]["name"], events[2]["item"]["arguments"]) == ("f", "")
    pieces = [event["delta"] for event in events if event["type"].endswith("arguments.delta")]
    assert "".join(pieces) == events[-2]["item"]["arguments"] == '{"a": "Do it"}'


def test_thoughts_come_first_and_the_items_keep_their_places(
    models: RunningModels, http: httpx.Client, mark: str
) -> None:
    models.behave(mark, "script", content="Let me see.", tool_calls=[{"name": "f", "arguments": "{}"}] * 2)
    events = streamed(
        http, input=mark, reasoning={"effort": "low"}, include=["reasoning.encrypted_content"], tools=[TOOL]
    )
    output = events[-1]["response"]["output"]
    assert [item["type"] for item in output] == ["reasoning", "message", "function_call", "function_call"]
    assert output[0]["encrypted_content"]
    done = [event for event in events if event["type"] == "response.output_item.done"]
    assert [(event["output_index"], event["item"]) for event in done] == list(enumerate(output))


def test_a_refusal_has_events_of_its_own(models: RunningModels, http: httpx.Client, mark: str) -> None:
    models.behave(mark, "script", refusal="I cannot help with that, I am sorry to say.")
    events = streamed(http, input=mark)
    parts = ["content_part.added", "refusal.delta", "refusal.done", "content_part.done"]
    assert types(events) == [*FRAME, "output_item.added", *parts, "output_item.done", "completed"]
    assert events[-1]["response"]["output"][0]["content"][0]["type"] == "refusal"


@pytest.mark.parametrize(("reason", "detail"), [("length", "max_output_tokens"), ("content_filter", "content_filter")])
@pytest.mark.parametrize("streams", [True, False])
def test_an_answer_that_broke_off_is_incomplete(
    models: RunningModels, http: httpx.Client, mark: str, reason: str, detail: str, streams: bool
) -> None:
    models.behave(mark, "script", content="Three sets of", finish_reason=reason)
    response = streamed(http, input=mark)[-1]["response"] if streams else whole(http, input=mark)
    assert (response["status"], response["incomplete_details"]) == ("incomplete", {"reason": detail})
    assert response["output"][0]["status"] == "incomplete"


@pytest.mark.parametrize("streams", [True, False])
def test_a_model_can_fail_in_the_middle(models: RunningModels, http: httpx.Client, mark: str, streams: bool) -> None:
    error = {"code": "server_error", "message": "An error occurred."}
    models.behave(mark, "script", content="Three sets of", error=error)
    response = streamed(http, input=mark)[-1]["response"] if streams else whole(http, input=mark)
    assert (response["status"], response["error"]) == ("failed", error)


def test_openais_client_follows_a_stream_to_its_end(client: OpenAI) -> None:
    with client.responses.stream(model="m", input=prompt(DELOAD)) as stream:
        final = stream.get_final_response()
    assert final.output_text.startswith("A deload is")


@pytest.mark.parametrize("hole", ["sequence_number", "item_id", "delta", "logprobs"])
def test_the_check_of_the_events_sees_what_is_missing(http: httpx.Client, hole: str) -> None:
    delta: dict[str, Any] = next(event for event in streamed(http, input="Hi") if event["type"].endswith("delta"))
    EVENT.validate_python(delta)
    with pytest.raises(ValidationError):
        EVENT.validate_python({name: part for name, part in delta.items() if name != hole})
