import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from infra.local.offline_models.server import RunningModels
from shared.llm import tokens
from shared.llm.chat import Answer, chat_model, stream_answer
from shared.llm.errors import ModelError
from shared.platform.deadline import Deadline
from shared.prompts.coach import ANSWER_SCHEMA
from tests.unit.shared.llm.conftest import CHAT_MODEL, KEY
from tests.unit.shared.stub_server import StubServer

AT_ONCE = 0  # as Retry-After: the client tries again after its own short pause
RATE_LIMITED = {"status": 429, "message": f"Rate limit reached for key {KEY}, prompt: 'my left knee'"}


def messages(question: str) -> list[dict[str, str]]:
    return [
        {"role": "system", "content": "You are the fitness coach."},
        {"role": "user", "content": f"<passages>\n</passages>\n<question>\n{question}\n</question>"},
    ]


def stream(answer: Answer, question: str, deadline: Deadline, keep: float = 0.0) -> Iterator[str]:
    return stream_answer(
        answer,
        messages(question),
        schema=ANSWER_SCHEMA,
        max_tokens=200,
        deadline=deadline,
        keep=keep,
        user_id=UUID(int=7),
    )


def ask(answer: Answer, question: str, seconds: float = 60.0, keep: float = 0.0) -> list[str]:
    return list(stream(answer, question, Deadline.after(seconds), keep))


def failure(answer: Answer, question: str, seconds: float = 60.0, keep: float = 0.0) -> ModelError:
    with pytest.raises(ModelError) as failed:
        ask(answer, question, seconds, keep)
    return failed.value


def events(*chunks: dict[str, Any], done: bool = True) -> bytes:
    head = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": CHAT_MODEL}
    lines = [f"data: {json.dumps(head | chunk)}\n\n" for chunk in chunks]
    return "".join([*lines, "data: [DONE]\n\n" if done else ""]).encode()


def said(text: str, finish_reason: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish_reason}]}


@pytest.fixture
def answer() -> Answer:
    return Answer(CHAT_MODEL)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second without a byte is too long."""
    monkeypatch.setattr("shared.llm.client.STALL_TIMEOUT", 0.5)
    monkeypatch.setattr("shared.llm.chat.STALL_TIMEOUT", 0.5)


def test_a_whole_answer_comes_in_pieces(models: RunningModels, answer: Answer, mark: str) -> None:
    pieces = ask(answer, f"What helps against {mark}?")
    assert len(pieces) > 1
    assert "".join(pieces) == answer.text
    assert set(json.loads(answer.text)) == {"answer", "citations"}
    assert (answer.finish_reason, answer.refusal) == ("stop", "")
    assert answer.first_token_ms is not None


def test_the_usage_is_what_the_provider_states(models: RunningModels, answer: Answer, mark: str) -> None:
    ask(answer, mark)
    (record,) = models.requests(mark)
    assert not answer.estimated
    assert (answer.prompt_tokens, answer.completion_tokens) == (record["prompt_tokens"], record["completion_tokens"])
    assert answer.prompt_tokens > 0


def test_the_provider_is_asked_for_the_schema_and_told_the_limit(
    models: RunningModels, answer: Answer, mark: str
) -> None:
    ask(answer, mark)
    body = models.requests(mark)[0]["body"]
    assert body["response_format"]["json_schema"] == {"name": "answer", "strict": True, "schema": ANSWER_SCHEMA}
    assert (body["model"], body["max_completion_tokens"], body["messages"]) == (chat_model(), 200, messages(mark))
    assert "store" not in body


@pytest.mark.parametrize("status", [429, 500])
def test_one_failure_is_survived(models: RunningModels, answer: Answer, mark: str, status: int) -> None:
    models.behave(mark, "status", status=status, retry_after=AT_ONCE)
    ask(answer, mark)
    assert [record["status"] for record in models.requests(mark)] == [status, 200]


@pytest.mark.parametrize(("stated", "passed_on"), [(7, 7), (60, 60), (3600, 60), (0.5, 5)])
def test_a_rate_limit_says_when_to_try_again(
    models: RunningModels, answer: Answer, mark: str, stated: float, passed_on: int
) -> None:
    behaviour = models.behave(mark, "status", status=429, retry_after=stated, times=None)
    error = failure(answer, mark)
    assert (error.status, error.reason, error.retry_after) == (503, "model_rate_limited", passed_on)
    models.forget(behaviour)


def test_a_provider_that_asks_for_patience_is_not_waited_for(models: RunningModels, answer: Answer, mark: str) -> None:
    """The user is told when to try again: a sleeping turn would outlive its function."""
    models.behave(mark, "status", status=429, retry_after=3)
    assert failure(answer, mark).retry_after == 3
    assert len(models.requests(mark)) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 500, 503])
def test_a_provider_that_fails_is_unavailable(models: RunningModels, answer: Answer, mark: str, status: int) -> None:
    models.behave(mark, "status", status=status, retry_after=AT_ONCE, times=2)
    assert failure(answer, mark).reason == "model_unavailable"
    assert answer.text == ""


def test_a_provider_that_cannot_be_reached_is_unavailable(
    environment: pytest.MonkeyPatch, nobody: str, answer: Answer
) -> None:
    environment.setenv("OPENAI_BASE_URL", nobody)
    assert failure(answer, "anything").reason == "model_unavailable"


@pytest.mark.usefixtures("impatient")
def test_a_provider_that_never_answers_is_given_up_in_time(models: RunningModels, answer: Answer, mark: str) -> None:
    behaviour = models.behave(mark, "hang", times=None)
    deadline = Deadline.after(60)
    with pytest.raises(ModelError) as failed:
        list(stream(answer, mark, deadline, keep=40))
    assert failed.value.reason == "model_timeout"
    assert deadline.remaining(keep=40) > 0
    models.forget(behaviour)


def test_without_time_nobody_is_asked(models: RunningModels, answer: Answer, mark: str) -> None:
    assert failure(answer, mark, seconds=5, keep=5).reason == "model_timeout"
    assert models.requests(mark) == []


def test_a_stream_that_is_too_slow_ends_when_its_time_is_up(models: RunningModels, answer: Answer, mark: str) -> None:
    class UntilTheFirstWord(Deadline):
        def remaining(self, keep: float = 0.0) -> float:  # noqa: ARG002 - the signature is Deadline's
            return 0.0 if answer.text else 60.0

    with pytest.raises(ModelError) as failed:
        list(stream(answer, mark, UntilTheFirstWord.after(60)))
    assert failed.value.reason == "model_timeout"
    assert answer.text
    assert not answer.finish_reason


@pytest.mark.usefixtures("impatient")
def test_a_stream_that_stalls_is_given_up(models: RunningModels, answer: Answer, mark: str) -> None:
    behaviour = models.behave(mark, "pace", seconds=60, times=None)
    assert failure(answer, mark).reason == "model_timeout"
    models.forget(behaviour)


def test_a_stream_that_is_cut_leaves_what_had_come(models: RunningModels, answer: Answer, mark: str) -> None:
    whole = "".join(ask(Answer(CHAT_MODEL), mark))
    models.behave(mark, "cut", after=5)
    assert failure(answer, mark).reason == "model_interrupted"
    assert answer.text
    assert whole.startswith(answer.text)
    assert len(answer.text) < len(whole)


@pytest.mark.parametrize("after", [0, 1])
def test_a_stream_that_is_cut_before_its_first_word_is_no_answer(
    models: RunningModels, answer: Answer, mark: str, after: int
) -> None:
    models.behave(mark, "cut", after=after)
    assert failure(answer, mark).status == 503
    assert answer.text == ""


def test_a_stream_of_broken_json_is_a_failure_of_the_model(models: RunningModels, answer: Answer, mark: str) -> None:
    models.behave(mark, "malformed")
    assert failure(answer, mark).status == 503


def test_an_error_in_the_middle_of_a_stream_is_a_failure_of_the_model(provider: StubServer, answer: Answer) -> None:
    broken = b'data: {"error": {"message": "overloaded", "type": "server_error"}}\n\n'
    provider.says(events(said("Half an "), done=False) + broken, content_type="text/event-stream")
    assert failure(answer, "anything").reason == "model_unavailable"
    assert answer.text == "Half an "


@pytest.mark.parametrize("done", [True, False])
def test_a_stream_that_ends_without_the_models_own_end_is_no_answer(
    provider: StubServer, answer: Answer, done: bool
) -> None:
    provider.says(events(said("Half an "), said("answer"), done=done), content_type="text/event-stream")
    assert failure(answer, "anything").reason == "model_interrupted"
    assert answer.text == "Half an answer"


def test_usage_that_no_provider_states_is_estimated(provider: StubServer, answer: Answer) -> None:
    provider.says(events(said("A whole "), said("answer.", "stop")), content_type="text/event-stream")
    assert ask(answer, "Why?") == ["A whole ", "answer."]
    assert answer.estimated
    assert answer.prompt_tokens == sum(tokens.count(message["content"]) for message in messages("Why?"))
    assert answer.completion_tokens == tokens.count("A whole answer.")


def test_a_refusal_is_told_from_an_answer(models: RunningModels, answer: Answer, mark: str) -> None:
    models.behave(mark, "script", refusal="I will not.", finish_reason="content_filter")
    assert ask(answer, mark) == []
    assert (answer.text, answer.refusal, answer.finish_reason) == ("", "I will not.", "content_filter")


def test_an_answer_that_reached_its_limit_says_so(models: RunningModels, answer: Answer, mark: str) -> None:
    models.behave(mark, "script", content='{"answer": "Half', finish_reason="length")
    ask(answer, mark)
    assert (answer.text, answer.finish_reason) == ('{"answer": "Half', "length")


def test_an_error_holds_neither_the_prompt_nor_the_key(models: RunningModels, answer: Answer, mark: str) -> None:
    models.behave(mark, "status", retry_after=9, **RATE_LIMITED)
    error = failure(answer, mark)
    told = f"{error} {error!r} {error.detail} {error.extra} {error.__cause__}"
    assert error.__suppress_context__
    for words in (KEY, "knee", mark):
        assert words not in told
