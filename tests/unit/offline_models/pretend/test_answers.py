"""JSON answers and tool calls."""

import json
from enum import StrEnum
from typing import Any

import pytest
from openai import OpenAI
from pydantic import BaseModel

from infra.local.offline_models.pretend import reports
from tests.unit.offline_models.pretend.stage import DELOAD, PASSAGES, UNRELATED, asked

MODEL = "hercules-extractive-1"


class Citation(BaseModel):
    passage_id: str
    quote: str


class Confidence(StrEnum):
    LOW = "low"
    HIGH = "high"


class CitedAnswer(BaseModel):
    citations: list[Citation]
    confidence: Confidence
    answer: str
    proposal: str | None


class Workout(BaseModel):
    title: str
    sets: int


def parsed(client: OpenAI, question: str) -> CitedAnswer:
    answer = client.chat.completions.parse(model=MODEL, messages=asked(question), response_format=CitedAnswer)
    assert answer.choices[0].message.parsed is not None
    return answer.choices[0].message.parsed


@pytest.mark.parametrize("question", [DELOAD, "How fast should my recovery heart rate fall?"])
def test_citations_are_verbatim_parts_of_their_passages(client: OpenAI, question: str) -> None:
    texts = {f"p{number}": text for number, text in enumerate(PASSAGES.values(), start=1)}
    answer = parsed(client, question)
    assert answer.citations
    for citation in answer.citations:
        assert citation.quote in texts[citation.passage_id]
        assert citation.quote in answer.answer


def test_the_answer_comes_first_so_that_it_can_be_shown_while_it_streams(client: OpenAI) -> None:
    with client.chat.completions.stream(model=MODEL, messages=asked(DELOAD), response_format=CitedAnswer) as stream:
        content = str(stream.get_final_completion().choices[0].message.content)
    assert content.startswith('{"answer": "A deload is')
    assert json.loads(content)["confidence"] == "low"


def test_an_honest_answer_cites_nothing(client: OpenAI) -> None:
    answer = parsed(client, UNRELATED[0])
    assert answer.answer == reports.NOTHING
    assert answer.citations == []


def test_other_schemas_are_filled_with_the_least_that_is_valid(client: OpenAI) -> None:
    answer = client.chat.completions.parse(model=MODEL, messages=asked(DELOAD), response_format=Workout)
    assert answer.choices[0].message.parsed == Workout(title=DELOAD, sets=0)


def tool(name: str, **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


TOOLS = [tool("log_workout", reps={"type": "integer", "minimum": 3}), tool("open_room", task={"type": "string"})]


@pytest.mark.parametrize("choice", [None, "auto", "none"])
def test_without_a_rule_the_model_calls_no_tool_of_its_own_accord(client: OpenAI, choice: str | None) -> None:
    options = {"tool_choice": choice} if choice else {}
    answer = client.chat.completions.create(model=MODEL, messages=asked(DELOAD), tools=TOOLS, **options)  # type: ignore[call-overload]
    assert answer.choices[0].message.tool_calls is None
    assert answer.choices[0].finish_reason == "stop"


@pytest.mark.parametrize(
    ("choice", "name", "arguments"),
    [
        ("required", "log_workout", {"reps": 3}),
        ({"type": "function", "function": {"name": "open_room"}}, "open_room", {"task": DELOAD}),
    ],
)
def test_a_demanded_tool_is_called_with_valid_arguments(
    client: OpenAI, choice: Any, name: str, arguments: dict[str, Any]
) -> None:
    options: dict[str, Any] = {"messages": asked(DELOAD), "tools": TOOLS, "tool_choice": choice}
    answer = client.chat.completions.create(model=MODEL, **options)
    (call,) = answer.choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == (name, arguments)
    assert answer.choices[0].finish_reason == "tool_calls"
    assert answer.usage.completion_tokens > 0

    with client.chat.completions.stream(model=MODEL, **options) as stream:
        (streamed,) = stream.get_final_completion().choices[0].message.tool_calls or []
    assert streamed.function.arguments == call.function.arguments


def test_arguments_are_cut_at_the_token_limit_like_text(client: OpenAI) -> None:
    options: dict[str, Any] = {"tools": [TOOLS[1]], "tool_choice": "required", "max_completion_tokens": 6}
    answer = client.chat.completions.create(model=MODEL, messages=asked(DELOAD), **options)
    choice = answer.choices[0]
    assert choice.finish_reason == "length"
    assert answer.usage.completion_tokens == 6
    with pytest.raises(json.JSONDecodeError):
        json.loads(choice.message.tool_calls[0].function.arguments)
