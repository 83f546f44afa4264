"""The one way to ask a model, in both dialects, against a provider that answers and fails when told to."""

import io
import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from infra.local.offline_models.server import RunningModels
from shared.coach.turn.prompt import ANSWER_SCHEMA
from shared.llm.call import FIRST_WAIT, ModelCall
from shared.llm.errors import ContextTooLongError, ModelError, ModelMisconfiguredError
from shared.llm.providers import Model
from shared.llm.request import Request
from shared.llm.stream import BackgroundStream
from shared.platform.deadline import Deadline
from tests.support.stub_server import StubServer
from tests.support.waiting import eventually
from tests.unit.shared.llm.conftest import CHAT_MODEL, KEY, TOOL

AT_ONCE = 0  # as Retry-After: the next try may come at once
OFFLINE = Model("OpenAI", CHAT_MODEL)
TWICE = [OFFLINE, OFFLINE]
PROMPT = "my left knee"


@pytest.fixture(params=["responses", "chat_completions"], autouse=True)
def dialect(request: pytest.FixtureRequest, environment: pytest.MonkeyPatch) -> str:
    environment.setenv("OPENAI_DIALECT", request.param)
    return str(request.param)


def call_of(question: str, models: list[Model] | None = None, seconds: float = 60.0, **fields: Any) -> ModelCall:
    messages = [
        {"role": "system", "content": "You are the fitness coach."},
        {"role": "user", "content": f"<passages>\n</passages>\n<question>\n{question}\n</question>"},
    ]
    known: dict[str, Any] = {"schema": ANSWER_SCHEMA, **fields}
    keep = known.pop("keep", 0.0)
    return ModelCall(models or [OFFLINE], Request(messages, 200, UUID(int=7), **known), Deadline.after(seconds), keep)


def failure(call: ModelCall) -> ModelError:
    with pytest.raises(ModelError) as failed:
        call.whole()
    return failed.value


def statuses(models: RunningModels, mark: str) -> list[int]:
    return [record["status"] for record in models.requests(mark)]


def test_a_whole_answer_comes_in_pieces(models: RunningModels, mark: str) -> None:
    call = call_of(f"What helps against {mark}?")
    pieces = [piece for piece in call.pieces() if piece]
    assert len(pieces) > 1
    assert "".join(pieces) == call.answer.text
    assert call.answer.text.startswith("{")
    assert (call.answer.finish, call.answer.refusal, call.answer.is_cut) == ("stop", "", False)
    assert call.answer.first_token_ms is not None


def test_it_is_asked_in_the_dialect_that_the_deployment_says(models: RunningModels, mark: str, dialect: str) -> None:
    call_of(mark).whole()
    assert [record["dialect"] for record in models.requests(mark)] == [dialect]


def test_the_usage_is_what_the_provider_states(models: RunningModels, mark: str) -> None:
    models.behave(
        mark, "script", content="{}", usage={"prompt_tokens": 90, "completion_tokens": 20, "cached_tokens": 64}
    )
    usage = call_of(mark).whole().usage
    assert (usage.prompt, usage.completion, usage.cached, usage.estimated) == (90, 20, 64, False)


def test_a_model_that_calls_tools_is_understood(models: RunningModels, mark: str) -> None:
    calls = [
        {"name": "list_files", "arguments": {}, "id": "call-8"},
        {"name": "list_files", "arguments": {}, "id": "b"},
    ]
    models.behave(mark, "script", tool_calls=calls)
    answer = call_of(mark, tools=[TOOL]).whole()
    assert [(call.id, call.name, call.arguments) for call in answer.calls] == [
        ("call-8", "list_files", "{}"),
        ("b", "list_files", "{}"),
    ]
    assert answer.message["tool_calls"][0]["id"] == "call-8"


def test_what_was_called_and_answered_goes_back(models: RunningModels, mark: str) -> None:
    models.behave(
        mark, "script", steps=[{"tool_calls": [{"name": "list_files", "arguments": {}}]}, {"content": "Done."}]
    )
    first = call_of(mark, tools=[TOOL])
    answer = first.whole()
    told = {"role": "tool", "tool_call_id": answer.calls[0].id, "content": "none"}
    messages = [*first.request.messages, answer.message, told]
    second = ModelCall([OFFLINE], Request(messages, 200, UUID(int=7), tools=[TOOL]), Deadline.after(60))
    assert second.whole().text == "Done."
    assert statuses(models, mark) == [200, 200]


def test_a_model_that_stands_there_again_is_asked_after_pauses_that_grow(
    models: RunningModels, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("shared.llm.call.time.sleep", pauses.append)
    models.behave(mark, "status", status=500, times=2)
    call_of(mark, [OFFLINE] * 3).whole()
    assert statuses(models, mark) == [500, 500, 200]
    assert pauses == [FIRST_WAIT, 2 * FIRST_WAIT]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_one_failure_is_survived(models: RunningModels, mark: str, status: int) -> None:
    models.behave(mark, "status", status=status, retry_after=AT_ONCE)
    call = call_of(mark, TWICE)
    assert call.whole().text
    assert statuses(models, mark) == [status, 200]
    assert call.lost == []


@pytest.mark.parametrize(("stated", "passed_on"), [(7, 7), (60, 60), (3600, 60), (0.5, 1)])
def test_a_rate_limit_says_when_to_try_again(models: RunningModels, mark: str, stated: float, passed_on: int) -> None:
    models.behave(mark, "status", status=429, retry_after=stated)
    error = failure(call_of(mark))
    assert (error.status, error.reason, error.retry_after) == (503, "model_rate_limited", passed_on)


def test_milliseconds_are_a_statement_as_well(models: RunningModels, mark: str) -> None:
    models.behave(mark, "status", status=429, headers={"retry-after-ms": "45000"})
    assert failure(call_of(mark, TWICE)).retry_after == 45
    assert statuses(models, mark) == [429]


def test_a_provider_that_asks_for_patience_is_not_waited_for(models: RunningModels, mark: str) -> None:
    """The user is told when to try again: a sleeping turn would outlive its function."""
    models.behave(mark, "status", status=429, retry_after=3)
    assert failure(call_of(mark, TWICE)).retry_after == 3
    assert statuses(models, mark) == [429]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_only_the_operator_can_mend_is_told_apart_counted_and_never_tried_again(
    models: RunningModels, mark: str, log: io.StringIO, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    models.behave(
        mark,
        "status",
        status=status,
        code="unsupported_parameter",
        param="reasoning_effort",
        headers={"x-request-id": "r-1"},
    )
    error = failure(call_of(mark, TWICE))
    assert isinstance(error, ModelMisconfiguredError)
    assert (error.status, error.reason, error.retry_after) == (500, "model_misconfigured", None)
    assert statuses(models, mark) == [status]
    for told in (f'"status":{status}', '"code":"unsupported_parameter"', '"parameter":"reasoning_effort"', "r-1"):
        assert told in log.getvalue()
    assert '"ModelMisconfigured":1' in capsys.readouterr().out


def test_an_empty_balance_is_no_rate_limit(models: RunningModels, mark: str) -> None:
    models.behave(mark, "status", status=429, code="insufficient_quota", times=2)
    error = failure(call_of(mark, TWICE))
    assert (error.reason, error.retry_after, statuses(models, mark)) == ("model_out_of_credit", None, [429])


@pytest.mark.parametrize("code", ["content_filter", "invalid_prompt", "content_policy_violation"])
def test_a_question_that_the_provider_refuses_is_a_refusal_and_no_fault(
    models: RunningModels, mark: str, code: str
) -> None:
    models.behave(mark, "status", status=400, code=code)
    answer = call_of(mark, TWICE).whole()
    assert answer.is_refused
    assert answer.text == ""
    assert statuses(models, mark) == [400]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("context_length_exceeded", "Your input exceeds the context window of this model."),
        (None, "request (9024 tokens) exceeds the available context size (8192 tokens), try increasing it"),
        (None, "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."),
        (None, "prompt is too long: 210000 tokens > 200000 maximum"),
    ],
)
def test_a_prompt_that_is_too_long_is_told_apart(
    models: RunningModels, mark: str, code: str | None, message: str
) -> None:
    models.behave(mark, "status", status=400, code=code, message=message)
    assert isinstance(failure(call_of(mark, TWICE)), ContextTooLongError)
    assert statuses(models, mark) == [400]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("invalid_encrypted_content", "The encrypted content gAAA...c90= could not be verified."),
        (None, "The encrypted content for item rs_68bb\ncould not be verified."),
    ],
)
def test_a_model_whose_thoughts_the_provider_cannot_read_thinks_anew(
    models: RunningModels, mark: str, code: str | None, message: str
) -> None:
    models.behave(mark, "status", status=400, code=code, message=message)
    call = call_of(mark)
    assert call.whole().finish == "stop"
    assert call.paid() == [call.answer]
    models.behave(mark, "status", status=400, code=code, message=message, times=2)
    assert failure(call_of(mark)).reason == "model_unavailable"
    assert statuses(models, mark) == [400, 200, 400, 400]


def test_thoughts_that_another_key_has_sealed_are_left_out(models: RunningModels, mark: str, dialect: str) -> None:
    sealed = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
    thought = {"model": CHAT_MODEL, "items": [{"at": 0, "item": sealed}]}
    said = {"role": "assistant", "content": "Hi.", "reasoning": thought}
    call = call_of(mark)
    call.request = replace(call.request, messages=[said, *call.request.messages])
    assert call.whole().finish == "stop"
    assert statuses(models, mark) == ([400, 200] if dialect == "responses" else [200])


@pytest.mark.parametrize("status", [500, 502, 503, 529])
def test_a_provider_that_fails_is_unavailable(models: RunningModels, mark: str, status: int) -> None:
    models.behave(mark, "status", status=status, times=2)
    assert failure(call_of(mark, TWICE)).reason == "model_unavailable"
    assert statuses(models, mark) == [status, status]


def test_a_provider_that_cannot_be_reached_is_unavailable(environment: pytest.MonkeyPatch, nobody: str) -> None:
    environment.setenv("OPENAI_BASE_URL", nobody)
    assert failure(call_of("anything")).reason == "model_unavailable"


def test_a_provider_that_never_answers_is_given_up_in_time(
    models: RunningModels, environment: pytest.MonkeyPatch, mark: str
) -> None:
    environment.setenv("FIRST_TOKEN_SECONDS", "0.5")
    behaviour = models.behave(mark, "hang", times=None)
    call = call_of(mark, TWICE, keep=40)
    assert failure(call).reason == "model_timeout"
    assert call.deadline.remaining(keep=40) > 0
    assert len(models.requests(mark)) == 1
    models.forget(behaviour)


def test_without_time_nobody_is_asked(models: RunningModels, mark: str) -> None:
    assert failure(call_of(mark, TWICE, seconds=5, keep=5)).reason == "model_timeout"
    assert models.requests(mark) == []


def test_a_model_may_think_longer_than_a_stall_before_its_first_word(
    models: RunningModels, environment: pytest.MonkeyPatch, mark: str
) -> None:
    environment.setenv("STALL_SECONDS", "0.3")
    models.behave(mark, "pace", first_delay=1.0)
    assert call_of(mark).whole().text


def test_a_stream_that_stalls_is_given_up_and_what_it_said_is_paid(
    models: RunningModels, environment: pytest.MonkeyPatch, mark: str
) -> None:
    environment.setenv("STALL_SECONDS", "0.3")
    models.behave(mark, "script", content="A long answer, word by word by word by word.", times=None)
    behaviour = models.behave(mark, "pace", seconds=10, times=None)
    call = call_of(mark, seconds=90, keep=20)
    assert failure(call).reason == "model_timeout"
    assert [answer.usage.estimated for answer in call.paid()] == [True]
    assert call.paid()[0].usage.prompt > 0
    models.forget(behaviour)


def test_a_stream_that_is_too_slow_ends_when_its_time_is_up(models: RunningModels, mark: str) -> None:
    models.behave(mark, "script", content="word " * 200, times=None)
    behaviour = models.behave(mark, "pace", seconds=0.2, times=None)
    assert failure(call_of(mark, seconds=2.5)).reason == "model_timeout"
    models.forget(behaviour)


def test_a_stream_that_is_cut_leaves_what_had_come(models: RunningModels, mark: str) -> None:
    whole = call_of(mark).whole().text
    models.behave(mark, "cut", after=9)
    call = call_of(mark)
    assert failure(call).reason == "model_interrupted"
    (paid,) = call.paid()
    assert whole.startswith(paid.text)
    assert 0 < len(paid.text) < len(whole)


def test_once_something_was_shown_nobody_else_is_asked(models: RunningModels, mark: str) -> None:
    models.behave(mark, "cut", after=9)
    call = call_of(mark, TWICE)
    call.shown = True
    assert failure(call).reason == "model_interrupted"
    assert len(models.requests(mark)) == 1


def test_what_broke_off_unseen_is_asked_again_and_paid_twice(models: RunningModels, mark: str) -> None:
    models.behave(mark, "cut", after=9)
    call = call_of(mark, TWICE)
    assert call.whole().text
    assert [answer.usage.estimated for answer in call.paid()] == [True, False]


@pytest.mark.parametrize("after", [0, 1])
def test_a_stream_that_is_cut_before_its_first_word_is_no_answer(models: RunningModels, mark: str, after: int) -> None:
    models.behave(mark, "cut", after=after)
    call = call_of(mark)
    assert failure(call).status == 503
    assert call.paid()[0].text == ""


def test_a_stream_of_broken_json_is_a_failure_of_the_model(models: RunningModels, mark: str) -> None:
    models.behave(mark, "malformed")
    assert failure(call_of(mark)).reason == "model_malformed"


def test_an_answer_without_a_stream_is_taken_as_well(provider: StubServer, dialect: str) -> None:
    """Some servers and proxies do not stream, whatever they are asked."""
    said: dict[str, bytes] = {
        "chat_completions": b'{"choices":[{"message":{"content":"Rest."},"finish_reason":"stop"}],'
        b'"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}',
        "responses": b'{"object":"response","status":"completed","output":[{"type":"message","content":'
        b'[{"type":"output_text","text":"Rest."}]}],"usage":{"input_tokens":9,"output_tokens":2}}',
    }
    provider.says(said[dialect])
    answer = call_of("Why?").whole()
    assert (answer.text, answer.finish, answer.usage.prompt, answer.usage.completion) == ("Rest.", "stop", 9, 2)


@pytest.mark.parametrize("body", [b"<html>busy</html>", b"{}", b"[]", b'{"choices": []}', b"", b"null"])
def test_what_is_no_answer_is_a_failure_of_the_model(provider: StubServer, body: bytes) -> None:
    provider.says(body)
    assert failure(call_of("Why?")).status == 503


def test_a_refusal_is_told_from_an_answer(models: RunningModels, mark: str) -> None:
    models.behave(mark, "script", refusal="I will not.", finish_reason="content_filter")
    answer = call_of(mark).whole()
    assert (answer.text, answer.refusal, answer.is_refused) == ("", "I will not.", True)


def test_an_answer_that_reached_its_limit_says_so(models: RunningModels, mark: str) -> None:
    models.behave(mark, "script", content='{"answer": "Half', finish_reason="length")
    answer = call_of(mark).whole()
    assert (answer.text, answer.finish, answer.is_cut) == ('{"answer": "Half', "length", True)


def test_a_whole_that_took_its_last_token_is_not_cut(models: RunningModels, mark: str) -> None:
    models.behave(mark, "script", content='{"answer": "Whole"}', finish_reason="length")
    assert not call_of(mark).whole().is_cut


def test_an_answer_that_took_all_its_tokens_was_cut_whatever_the_server_says(models: RunningModels, mark: str) -> None:
    models.behave(
        mark, "script", content="Half an", finish_reason="stop", usage={"prompt_tokens": 9, "completion_tokens": 20_000}
    )
    assert call_of(mark).whole().is_cut


def test_an_answer_that_runs_away_is_left_at_a_bound(models: RunningModels, mark: str) -> None:
    models.behave(mark, "script", content="word " * 30_000)
    answer = call_of(mark).whole()
    assert (answer.finish, len(answer.text)) == ("length", answer.most_characters)
    assert answer.usage.estimated


def test_an_error_holds_neither_the_prompt_nor_the_key(models: RunningModels, mark: str, log: io.StringIO) -> None:
    models.behave(mark, "status", status=400, message=f"Bad key {KEY}, prompt: '{PROMPT}'")
    error = failure(call_of(mark))
    told = f"{error} {error!r} {error.detail} {error.extra} {error.__cause__} {log.getvalue()}"
    for words in (KEY, PROMPT, mark):
        assert words not in told


def test_google_writes_its_errors_in_a_list(stub: StubServer, gemini: pytest.MonkeyPatch) -> None:
    gemini.setenv("GEMINI_BASE_URL", f"{stub.url}/v1")
    model = Model("Gemini", "gemini-3.8-flash")

    def told(code: int, status: str, message: str) -> ModelError:
        body = [{"error": {"code": code, "message": message, "status": status}}]
        stub.says(json.dumps(body).encode(), status=code)
        return failure(call_of("Why?", [model]))

    too_long = "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."
    assert told(400, "INVALID_ARGUMENT", too_long).reason == "context_too_long"
    assert told(400, "INVALID_ARGUMENT", "API key not valid.").reason == "model_misconfigured"
    assert told(429, "RESOURCE_EXHAUSTED", "Quota exceeded for requests per minute.").reason == "model_rate_limited"
    assert told(503, "UNAVAILABLE", "The model is overloaded.").reason == "model_unavailable"


WHOLE = {
    "chat_completions": 'data: {"choices":[{"index":0,"delta":{"content":"Rest."},"finish_reason":"stop"}]}\n\n',
    "responses": 'data: {"type":"response.completed","response":{"status":"completed","output":'
    '[{"type":"message","content":"Rest."}]}}\n\n',
}


@pytest.mark.parametrize(
    "frame",
    [
        "{}",
        "\ufeff{}",
        ": a comment\n\nevent: ping\ndata: keep-alive\n\nevent: ping\ndata:\n\n{}data: [DONE]\n\n",
        "id: 5\nretry: 100\n{}",
        "{}data: junk\n\n",
        'data: {"note": "\u2028 and \x85 end no line"}\r\n\r\n{}',
        "event: ping\rdata: keep-alive\r\r{}",
    ],
)
@pytest.mark.parametrize("kind", ["text/event-stream", "application/json", "text/plain"])
def test_a_stream_is_read_whatever_else_is_in_it(provider: StubServer, dialect: str, frame: str, kind: str) -> None:
    provider.says(frame.replace("{}", WHOLE[dialect]).encode(), content_type=kind)
    answer = call_of("Why?", schema=None).whole()
    assert (answer.text, answer.finish) == ("Rest.", "stop")


def test_a_whole_answer_whose_connection_ends_badly_is_whole(models: RunningModels, mark: str, dialect: str) -> None:
    models.behave(mark, "script", content='{"answer":"Rest."}')
    whole = len(list(call_of(f"{mark} first").pieces()))
    models.behave(mark, "script", content='{"answer":"Rest."}')
    models.behave(mark, "cut", after=whole if dialect == "responses" else whole + 1)
    assert call_of(mark).whole().text == '{"answer":"Rest."}'


@pytest.mark.parametrize("reason", ["stop", "abort", "network_error", "FinishReason.MAX_TOKENS", "other"])
def test_json_that_was_left_open_is_cut_whatever_the_server_calls_its_end(
    provider: StubServer, environment: pytest.MonkeyPatch, reason: str
) -> None:
    environment.setenv("OPENAI_DIALECT", "chat_completions")
    choice = {"index": 0, "delta": {"content": '{"answer":"Do three sets of'}, "finish_reason": reason}
    provider.says(f"data: {json.dumps({'choices': [choice]})}\n\n".encode(), content_type="text/event-stream")
    assert call_of("Why?").whole().is_cut


def test_whoever_leaves_pays_for_one_call_and_nobody_else_is_asked(models: RunningModels, mark: str) -> None:
    behaviour = models.behave(mark, "pace", first_delay=20, times=None)
    call = call_of(mark, TWICE)
    with BackgroundStream(call) as stream:
        while not models.requests(mark):
            assert stream.wait(0.05)
    paid = call.paid()
    eventually(lambda: models.requests(mark)[0]["aborted"] or None, within=30)
    models.forget(behaviour)
    assert len(models.requests(mark)) == 1
    assert call.paid() == paid
    assert len(paid) == 1


def test_a_prompt_that_was_read_is_paid_for_also_when_no_header_ever_comes(
    models: RunningModels, environment: pytest.MonkeyPatch, mark: str
) -> None:
    environment.setenv("FIRST_TOKEN_SECONDS", "0.5")
    behaviour = models.behave(mark, "hang", times=None)
    call = call_of(mark)
    assert failure(call).reason == "model_timeout"
    assert [answer.usage.prompt > 0 for answer in call.paid()] == [True]
    models.forget(behaviour)


def test_a_request_that_was_refused_is_not_paid_for(models: RunningModels, mark: str) -> None:
    models.behave(mark, "status", status=503)
    call = call_of(mark)
    failure(call)
    assert call.paid() == []


def test_a_broken_stand_in_makes_no_outage_of_the_first_permanent(
    models: RunningModels, gemini: pytest.MonkeyPatch, mark: str
) -> None:
    gemini.setenv("GEMINI_BASE_URL", f"{models.control_url}/gemini/v1")
    models.behave(mark, "status", status=429, retry_after=9, provider="openai")
    models.behave(mark, "status", status=401, provider="gemini")
    error = failure(call_of(mark, [OFFLINE, Model("Gemini", "gemini-3.8-flash")]))
    assert (error.reason, error.retry_after) == ("model_rate_limited", 9)


@pytest.mark.parametrize("refusal", ["no " * 50_000, "no\x00pe", "half \\ud83d"])
def test_a_refusal_is_bounded_and_can_be_stored(models: RunningModels, mark: str, refusal: str) -> None:
    models.behave(mark, "script", refusal=refusal)
    answer = call_of(mark).whole()
    assert answer.is_refused
    assert 0 < len(answer.refusal) <= 2000
    assert "\x00" not in answer.refusal
    answer.refusal.encode()
