import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from infra.local.offline_models.server import RunningModels, running_models
from shared.llm.completion import Completion, Request, complete, most_cost
from shared.llm.errors import ModelError
from shared.llm.providers import Model, Role, candidates, gemini_client
from shared.platform.deadline import Deadline
from tests.unit.shared.conftest import KnowSecret
from tests.unit.shared.llm.conftest import CHAT_MODEL, KEY
from tests.unit.shared.stub_server import StubServer

OPENAI, GEMINI = Model("OpenAI", CHAT_MODEL), Model("Gemini", CHAT_MODEL)
TOOL = {
    "type": "function",
    "function": {
        "name": "list_files",
        "strict": True,
        "parameters": {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
    },
}
# As Google gives them: base64 with characters that a careless road would change.
SIGNATURE = 'CiQB+/dGhvdWdodA==\u00e9\n"\\/'


@pytest.fixture(scope="session")
def other_running() -> Iterator[RunningModels]:
    with running_models() as models:
        yield models


@pytest.fixture
def gemini(environment: pytest.MonkeyPatch, know_secret: KnowSecret) -> Iterator[pytest.MonkeyPatch]:
    """A deployment with a key for Gemini too."""
    know_secret("/gemini-key", KEY)
    environment.setenv("GEMINI_API_KEY_PARAMETER", "/gemini-key")
    environment.setenv("GEMINI_MODEL", CHAT_MODEL)
    yield environment
    if gemini_client.cache_info().currsize:
        gemini_client().close()
    gemini_client.cache_clear()


@pytest.fixture
def other(other_running: RunningModels, gemini: pytest.MonkeyPatch) -> RunningModels:
    """A second provider, behind Gemini's address."""
    gemini.setenv("GEMINI_BASE_URL", other_running.base_url)
    return other_running


@pytest.fixture
def google(stub: StubServer, gemini: pytest.MonkeyPatch) -> StubServer:
    """A Gemini that says whatever a test likes."""
    gemini.setenv("GEMINI_BASE_URL", f"{stub.url}/v1")
    return stub


def request(*messages: dict[str, Any], **named: Any) -> Request:
    return Request(list(messages), 200, UUID(int=7), **named)


def question(text: str) -> dict[str, Any]:
    return {"role": "user", "content": f"<question>\n{text}\n</question>"}


def ask(models: list[Model], asked: Request, seconds: float = 60.0) -> Completion:
    return complete(models, asked, Deadline.after(seconds), keep=0)


def answered(message: dict[str, Any], finish_reason: str = "stop", usage: bool = True) -> bytes:
    body: dict[str, Any] = {"id": "c", "object": "chat.completion", "created": 0, "model": CHAT_MODEL}
    body["choices"] = [{"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", **message}}]
    if usage:
        body["usage"] = {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16}
    return json.dumps(body).encode()


def raw_call(call_id: str = "call-1", **more: Any) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": "list_files", "arguments": "{}"}, **more}


def signed(signature: str) -> dict[str, Any]:
    return {"extra_content": {"google": {"thought_signature": signature}}}


def sent(server: StubServer) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(server.asked[-1].body)
    return body


def test_an_answer_comes_whole_with_its_price_in_tokens(models: RunningModels, mark: str) -> None:
    completion = ask([OPENAI], request(question(mark)))
    (record,) = models.requests(mark)
    assert completion.message == {"role": "assistant", "content": completion.text}
    assert (completion.prompt_tokens, completion.completion_tokens) == (
        record["prompt_tokens"],
        record["completion_tokens"],
    )
    assert (completion.model, completion.calls, completion.is_cut) == (OPENAI, (), False)


def test_a_model_that_calls_a_tool_is_understood(models: RunningModels, mark: str) -> None:
    models.behave(mark, "script", steps=[{"tool_calls": [{"name": "list_files", "arguments": {}, "id": "call-9"}]}])
    completion = ask([OPENAI], request(question(mark), tools=[TOOL]))
    (call,) = completion.calls
    assert (call.id, call.name, call.arguments) == ("call-9", "list_files", "{}")
    assert models.requests(mark)[0]["body"]["tools"] == [TOOL]


def test_when_a_provider_is_down_the_other_one_answers(models: RunningModels, other: RunningModels, mark: str) -> None:
    models.behave(mark, "status", status=503)
    completion = ask([OPENAI, GEMINI], request(question(mark)))
    assert completion.model == GEMINI
    assert [record["status"] for record in models.requests(mark)] == [503]
    assert [record["status"] for record in other.requests(mark)] == [200]


def test_while_a_provider_answers_the_other_one_is_not_asked(
    models: RunningModels, other: RunningModels, mark: str
) -> None:
    assert ask([OPENAI, GEMINI], request(question(mark))).model == OPENAI
    assert other.requests(mark) == []


def test_when_all_providers_are_down_the_last_ones_fault_is_told(
    models: RunningModels, other: RunningModels, mark: str
) -> None:
    models.behave(mark, "status", status=500)
    other.behave(mark, "status", status=429, retry_after=9)
    with pytest.raises(ModelError) as failed:
        ask([OPENAI, GEMINI], request(question(mark)))
    assert (failed.value.reason, failed.value.retry_after) == ("model_rate_limited", 9)


def test_without_time_nobody_is_asked(models: RunningModels, mark: str) -> None:
    with pytest.raises(ModelError) as failed:
        ask([OPENAI], request(question(mark)), seconds=0.5)
    assert (failed.value.reason, models.requests(mark)) == ("model_timeout", [])


def test_a_thought_signature_goes_back_as_it_came(google: StubServer) -> None:
    """Gemini refuses a history without it. The reason of the end says `stop`, as Gemini's does."""
    google.says(answered({"content": None, "tool_calls": [raw_call(**signed(SIGNATURE)), raw_call("call-2")]}))
    first = ask([GEMINI], request(question("a"), tools=[TOOL]))
    assert [call.id for call in first.calls] == ["call-1", "call-2"]

    # As the transcript keeps it.
    kept = json.loads(json.dumps(first.message))
    results = [{"role": "tool", "tool_call_id": call.id, "content": "none"} for call in first.calls]
    google.says(answered({"content": "Done."}))
    ask([GEMINI], request(question("a"), kept, *results, tools=[TOOL]))
    assert sent(google)["messages"][1]["tool_calls"] == [raw_call(**signed(SIGNATURE)), raw_call("call-2")]


def test_what_another_model_called_goes_to_gemini_with_the_word_that_it_takes_for_a_signature(
    google: StubServer,
) -> None:
    said = {"role": "assistant", "content": None, "tool_calls": [raw_call()]}
    google.says(answered({"content": "Done."}))
    ask([GEMINI], request(question("a"), said, {"role": "tool", "tool_call_id": "call-1", "content": "none"}))
    assert sent(google)["messages"][1]["tool_calls"] == [raw_call(**signed("skip_thought_signature_validator"))]
    assert said["tool_calls"] == [raw_call()]


def test_a_signature_goes_to_nobody_but_gemini(provider: StubServer) -> None:
    said = {"role": "assistant", "content": None, "tool_calls": [raw_call(**signed(SIGNATURE))]}
    provider.says(answered({"content": "Done."}))
    ask([OPENAI], request(question("a"), said, {"role": "tool", "tool_call_id": "call-1", "content": "none"}))
    assert sent(provider)["messages"][1]["tool_calls"] == [raw_call()]


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_an_answer_that_was_cut_says_so(google: StubServer, reason: str) -> None:
    google.says(answered({"content": "Half"}, finish_reason=reason))
    assert ask([GEMINI], request(question("a"))).is_cut


def test_what_postgres_cannot_hold_is_left_out(google: StubServer) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "list_files", "arguments": "{\x00}"}}
    google.says(answered({"content": "a\x00b\ud800", "tool_calls": [call]}))
    completion = ask([GEMINI], request(question("a")))
    assert completion.text == "ab?"
    assert completion.message["tool_calls"][0]["function"]["arguments"] == "{}"


@pytest.mark.parametrize("body", [b"<html>busy</html>", b'{"choices": []}', b"{}"])
def test_what_is_no_answer_is_a_failure_of_the_model(google: StubServer, body: bytes) -> None:
    google.says(body)
    with pytest.raises(ModelError) as failed:
        ask([GEMINI], request(question("a")))
    assert failed.value.status == 503


def test_usage_that_is_not_stated_is_estimated(google: StubServer) -> None:
    google.says(answered({"content": "A whole answer."}, usage=False))
    completion = ask([GEMINI], request(question("a")))
    assert completion.prompt_tokens > 0
    assert completion.completion_tokens > 2


def test_the_most_that_an_answer_can_cost_is_that_of_the_dearest_model() -> None:
    asked = request(question("a" * 900))
    cheap, dear = Model("OpenAI", "gpt-6-luna"), Model("OpenAI", "gpt-6-sol")
    assert most_cost([cheap, dear], asked) == most_cost([dear], asked)
    assert most_cost([dear], asked).dollars > most_cost([cheap], asked).dollars
    assert not most_cost([cheap, Model("Gemini", "unheard-of")], asked).complete


@pytest.mark.parametrize(
    ("setting", "choice", "expected"),
    [
        ("openai", None, [("OpenAI", CHAT_MODEL), ("Gemini", "gemini-flash")]),
        ("openai:gpt-6-sol", "Mixed", [("OpenAI", "gpt-6-sol"), ("Gemini", "gemini-flash")]),
        ("gemini:gemini-pro", None, [("Gemini", "gemini-pro"), ("OpenAI", CHAT_MODEL)]),
        ("gemini:gemini-pro", "OpenAI", [("OpenAI", CHAT_MODEL)]),
        ("openai:gpt-6-sol", "Gemini", [("Gemini", "gemini-flash")]),
    ],
)
def test_a_role_has_its_model_and_a_stand_in(
    gemini: pytest.MonkeyPatch, setting: str, choice: Any, expected: list[tuple[str, str]]
) -> None:
    gemini.setenv("GEMINI_MODEL", "gemini-flash")
    gemini.setenv("WRITER_MODEL", setting)
    assert [(model.provider, model.name) for model in candidates("writer", choice)] == expected


@pytest.mark.parametrize("role", ["orchestrator", "researcher", "writer", "coder"])
def test_without_a_key_for_gemini_there_is_no_gemini(environment: pytest.MonkeyPatch, role: Role) -> None:
    environment.setenv("WRITER_MODEL", "gemini:gemini-pro")
    assert candidates(role) == [OPENAI]
    assert candidates(role, "Gemini") == []
