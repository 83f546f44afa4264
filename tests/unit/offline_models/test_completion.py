import json
import re
from typing import Any

import httpx
import pytest
from openai import BadRequestError, OpenAI
from openai.types.chat import ChatCompletionChunk

from infra.local.offline_models.pretend import reports
from infra.local.offline_models.server import RunningModels
from shared.llm import tokens
from tests.unit.offline_models.pretend.stage import DELOAD, PASSAGES, UNRELATED, asked

MODEL = "hercules-extractive-1"


def said(client: OpenAI, question: str, **options: Any) -> str:
    answer = client.chat.completions.create(model=MODEL, messages=asked(question), **options)
    return str(answer.choices[0].message.content)


def test_the_best_sentences_are_quoted_and_the_model_says_what_it_is(client: OpenAI) -> None:
    best = PASSAGES["Deloads"].partition(" It lets")[0]
    assert said(client, DELOAD) == f"{best}\n\n{reports.QUOTED}"


@pytest.mark.parametrize("question", UNRELATED)
def test_a_question_that_no_passage_is_about_gets_an_honest_answer(client: OpenAI, question: str) -> None:
    assert said(client, question) == reports.NOTHING


@pytest.mark.parametrize("message", ["Hi", "Good morning coach!", "thanks a lot"])
def test_who_only_greets_is_told_what_can_be_asked(client: OpenAI, message: str) -> None:
    assert said(client, message) == reports.NOT_A_QUESTION


def test_without_passages_there_is_nothing_to_quote(client: OpenAI) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": DELOAD}])
    assert answer.choices[0].message.content == reports.NOTHING


def test_escaped_characters_are_quoted_as_their_author_wrote_them(client: OpenAI) -> None:
    assert PASSAGES["Heart rate"] in said(client, "How fast should my recovery heart rate fall?")


def test_only_the_last_user_message_is_answered(client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model=MODEL,
        messages=[
            {"role": "system", "content": "You are a coach."},
            *asked("How much protein do I need?"),
            {"role": "assistant", "content": "1.6 grams."},
            *asked("How many hours should I sleep?"),
        ],
    )
    content = str(answer.choices[0].message.content)
    assert content.startswith("Adults who train need seven to nine hours of sleep.")


def test_usage_counts_both_sides_in_o200k_tokens(client: OpenAI) -> None:
    answer = client.chat.completions.create(model="any", messages=asked(DELOAD))
    assert answer.usage is not None
    assert answer.usage.completion_tokens == tokens.count(str(answer.choices[0].message.content))
    assert answer.usage.prompt_tokens == tokens.count(asked(DELOAD)[0]["content"]) + 7  # type: ignore[arg-type]
    assert answer.model == MODEL


def stream(client: OpenAI, question: str, **options: Any) -> list[ChatCompletionChunk]:
    with client.chat.completions.create(model=MODEL, messages=asked(question), stream=True, **options) as chunks:
        return list(chunks)


def test_a_stream_says_the_same_in_small_pieces_and_ends_with_the_usage(client: OpenAI) -> None:
    *chunks, last = stream(client, DELOAD, stream_options={"include_usage": True})
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks]
    assert "".join(pieces) == said(client, DELOAD)
    assert all(tokens.count(piece) <= 6 for piece in pieces)
    assert len(pieces) > 5
    assert [chunk.choices[0].finish_reason for chunk in chunks[-2:]] == [None, "stop"]
    assert all("usage" in chunk.model_fields_set and chunk.usage is None for chunk in chunks)
    assert last.choices == []
    assert last.usage is not None
    assert last.usage.completion_tokens == tokens.count("".join(pieces))


def test_a_stream_without_the_option_carries_no_usage(client: OpenAI) -> None:
    assert all(chunk.usage is None and chunk.choices for chunk in stream(client, DELOAD))


@pytest.mark.parametrize("option", ["max_tokens", "max_completion_tokens"])
def test_an_answer_is_cut_at_the_token_limit(client: OpenAI, option: str) -> None:
    whole = said(client, DELOAD)
    answer = client.chat.completions.create(model=MODEL, messages=asked(DELOAD), **{option: 9})  # type: ignore[call-overload]
    choice = answer.choices[0]
    assert choice.finish_reason == "length"
    assert whole.startswith(choice.message.content)
    assert tokens.count(choice.message.content) == answer.usage.completion_tokens == 9


def test_a_limit_that_is_not_reached_changes_nothing(client: OpenAI) -> None:
    assert said(client, DELOAD, max_completion_tokens=500) == said(client, DELOAD)


@pytest.mark.parametrize("streamed", [False, True])
def test_the_same_request_gets_the_same_bytes_beside_id_and_time(models: RunningModels, streamed: bool) -> None:
    def answer() -> str:
        body = {"model": MODEL, "messages": asked("How fast should easy runs be?"), "stream": streamed}
        url, headers = f"{models.base_url}/chat/completions", {"authorization": "Bearer any"}
        answered = httpx.post(url, json=body, headers=headers, trust_env=False)
        return re.sub(r'"(id":"[^"]+|created":\d+)', "", answered.text)

    first = answer()
    assert "easy pace" in first
    assert answer() == first


def test_a_prompt_beyond_the_context_is_refused(client: OpenAI) -> None:
    with pytest.raises(BadRequestError) as refused:
        client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "word " * 130_000}])
    assert refused.value.code == "context_length_exceeded"


def test_a_json_object_without_a_schema_holds_the_answer(client: OpenAI) -> None:
    answer = said(client, DELOAD, response_format={"type": "json_object"})
    assert json.loads(answer)["answer"] == said(client, DELOAD)
