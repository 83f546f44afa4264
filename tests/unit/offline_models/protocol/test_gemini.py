"""The second provider: the same models at another address, that can be taken down alone and speak as Google's do."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from openai import BadRequestError, InternalServerError, OpenAI

from infra.local.offline_models.server import RunningModels

CALL = {"name": "list_files", "arguments": '{"folder": "all"}', "id": "call_1"}
RESULT = {"role": "tool", "tool_call_id": "call_1", "name": "list_files", "content": "none"}


@pytest.fixture
def gemini(models: RunningModels) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{models.control_url}/gemini/v1", api_key="any", max_retries=0, timeout=30) as openai:
        yield openai


def said(client: OpenAI, *messages: dict[str, Any]) -> dict[str, Any]:
    """The model's message, as it is sent back."""
    answer = client.chat.completions.create(model="any", messages=list(messages))  # type: ignore[arg-type]
    parts = answer.choices[0].message.to_dict()
    return {name: part for name, part in parts.items() if name in ("role", "content", "tool_calls")}


def streamed(client: OpenAI, mark: str, **options: Any) -> list[dict[str, Any]]:
    messages: Any = [{"role": "user", "content": mark}]
    with client.chat.completions.create(model="any", messages=messages, stream=True, **options) as chunks:
        return [chunk.to_dict() for chunk in chunks]


def test_one_provider_can_be_down_alone(models: RunningModels, client: OpenAI, gemini: OpenAI, mark: str) -> None:
    question = {"role": "user", "content": mark}
    models.behave(mark, "status", status=500, provider="openai", times=None)

    with pytest.raises(InternalServerError):
        said(client, question)
    assert said(gemini, question)["content"]
    assert [(each["provider"], each["status"]) for each in models.requests(mark)] == [("openai", 500), ("gemini", 200)]


def test_a_call_is_taken_back_with_its_signature_and_not_without(
    models: RunningModels, gemini: OpenAI, mark: str
) -> None:
    question = {"role": "user", "content": mark}
    models.behave(mark, "script", tool_calls=[CALL])
    called = said(gemini, question)
    assert called["tool_calls"][0]["extra_content"]["google"]["thought_signature"]

    assert said(gemini, question, called, RESULT)["content"]
    del called["tool_calls"][0]["extra_content"]
    with pytest.raises(BadRequestError) as refused:
        said(gemini, question, called, RESULT)
    assert "thought_signature" in refused.value.response.text


def test_openai_signs_nothing(models: RunningModels, client: OpenAI, mark: str) -> None:
    models.behave(mark, "script", tool_calls=[CALL])

    assert "extra_content" not in said(client, {"role": "user", "content": mark})["tool_calls"][0]


def test_calls_come_whole_and_a_stream_ends_with_stop(models: RunningModels, gemini: OpenAI, mark: str) -> None:
    models.behave(mark, "script", tool_calls=[CALL, {**CALL, "id": "call_2"}])
    *chunks, last = streamed(gemini, mark)
    first, second = (chunk["choices"][0]["delta"]["tool_calls"][0] for chunk in chunks)
    assert [call["function"]["arguments"] for call in (first, second)] == [CALL["arguments"]] * 2
    assert (first["index"], first["id"]) == (0, "call_1")
    assert ("index" in second, second["id"]) == (False, "")
    assert "extra_content" in first
    assert "extra_content" not in second
    assert last["choices"][0]["finish_reason"] == "stop"


def test_a_whole_answer_says_that_it_calls(models: RunningModels, gemini: OpenAI, mark: str) -> None:
    models.behave(mark, "script", tool_calls=[CALL])
    answer = gemini.chat.completions.create(model="any", messages=[{"role": "user", "content": mark}])
    assert answer.choices[0].finish_reason == "tool_calls"


def test_thoughts_are_in_the_total_alone(gemini: OpenAI, mark: str) -> None:
    ask: dict[str, Any] = {"model": "any", "messages": [{"role": "user", "content": mark}]}
    plain = gemini.chat.completions.create(**ask).usage
    thinking = gemini.chat.completions.create(**ask, reasoning_effort="low").usage
    assert plain.total_tokens == plain.prompt_tokens + plain.completion_tokens
    assert thinking.completion_tokens == plain.completion_tokens
    assert thinking.total_tokens > thinking.prompt_tokens + thinking.completion_tokens


def test_usage_grows_from_chunk_to_chunk(gemini: OpenAI, mark: str) -> None:
    chunks = streamed(gemini, mark, stream_options={"include_usage": True})
    counts = [chunk["usage"]["completion_tokens"] for chunk in chunks]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]
    assert all(chunk["choices"] for chunk in chunks)


def test_every_error_is_a_list_in_googles_shape(models: RunningModels, gemini_http: httpx.Client, mark: str) -> None:
    models.behave(mark, "status", status=429, message="Quota exceeded.", headers={"retry-after": "3"})
    body = {"model": "any", "messages": [{"role": "user", "content": mark}]}
    answer = gemini_http.post("/chat/completions", json=body)
    assert answer.json() == [{"error": {"code": 429, "message": "Quota exceeded.", "status": "RESOURCE_EXHAUSTED"}}]
    assert answer.headers["retry-after"] == "3"
