"""The second provider: the same models at another address, that can be taken down alone and sign their calls."""

from collections.abc import Iterator
from typing import Any

import pytest
from openai import BadRequestError, InternalServerError, OpenAI

from infra.local.offline_models.server import RunningModels

CALL = {"name": "list_files", "arguments": "{}", "id": "call_1"}


@pytest.fixture
def gemini(models: RunningModels) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{models.control_url}/gemini/v1", api_key="any", max_retries=0, timeout=30) as openai:
        yield openai


def said(client: OpenAI, *messages: dict[str, Any]) -> dict[str, Any]:
    """The model's message, as it is sent back."""
    answer = client.chat.completions.create(model="any", messages=list(messages))  # type: ignore[arg-type]
    parts = answer.choices[0].message.to_dict()
    return {name: part for name, part in parts.items() if name in ("role", "content", "tool_calls")}


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
    result = {"role": "tool", "tool_call_id": "call_1", "content": "none"}
    models.behave(mark, "script", tool_calls=[CALL])
    called = said(gemini, question)
    assert called["tool_calls"][0]["extra_content"]["google"]["thought_signature"]

    assert said(gemini, question, called, result)["content"]
    del called["tool_calls"][0]["extra_content"]
    with pytest.raises(BadRequestError, match="thought_signature"):
        said(gemini, question, called, result)


def test_openai_signs_nothing(models: RunningModels, client: OpenAI, mark: str) -> None:
    models.behave(mark, "script", tool_calls=[CALL])

    assert "extra_content" not in said(client, {"role": "user", "content": mark})["tool_calls"][0]
