"""Who is asked for what, how hard it is to think, and what room it has for that."""

import json
import time
from typing import Any
from uuid import UUID

import pytest

from shared.llm.answer import most_cost
from shared.llm.catalogue import figures
from shared.llm.dialects import chat_completions
from shared.llm.providers import Model, Role, candidates, client_of
from shared.llm.request import Request
from shared.platform.secrets import known_secrets
from tests.unit.shared.llm.conftest import CHAT_MODEL, TOOL

OPENAI = Model("OpenAI", CHAT_MODEL)
LUNA, FLASH = Model("OpenAI", "gpt-6-luna"), Model("Gemini", "gemini-3.8-flash")
USER = UUID(int=7)


def request(**fields: Any) -> Request:
    return Request([{"role": "user", "content": "a" * 900}], 400, USER, **fields)


@pytest.fixture
def openai_itself(environment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    environment.delenv("OPENAI_BASE_URL", raising=False)
    environment.delenv("CHAT_REASONING_EFFORT", raising=False)
    return environment


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


def test_the_coach_has_a_stand_in_too(gemini: pytest.MonkeyPatch) -> None:
    gemini.setenv("GEMINI_MODEL", "gemini-flash")
    assert candidates("coach") == [OPENAI, Model("Gemini", "gemini-flash")]


def test_the_coach_may_be_of_the_other_provider_as_agents_may(gemini: pytest.MonkeyPatch) -> None:
    gemini.setenv("COACH_MODEL", "gemini:gemini-pro")
    assert candidates("coach") == [Model("Gemini", "gemini-pro"), OPENAI]


@pytest.mark.parametrize("role", ["coach", "orchestrator", "researcher", "writer", "coder"])
def test_without_a_key_for_gemini_there_is_no_gemini(environment: pytest.MonkeyPatch, role: Role) -> None:
    environment.setenv("WRITER_MODEL", "gemini:gemini-pro")
    assert candidates(role) == [OPENAI]
    assert candidates(role, "Gemini") == []


@pytest.mark.parametrize(
    ("base_url", "setting", "model", "dialect"),
    [
        ("", "", "gpt-6-luna", "responses"),
        ("", "", "a-tuned-one", "responses"),
        ("https://eu.api.openai.com/v1", "", "a-tuned-one", "responses"),
        ("https://api.openai.com.evil.example/v1", "", "a-tuned-one", "chat_completions"),
        ("http://127.0.0.1:11434/v1", "", "llama", "chat_completions"),
        ("https://proxy.example/v1", "", "gpt-6-luna", "responses"),
        ("http://127.0.0.1:11434/v1", "responses", "llama", "responses"),
        ("", "chat_completions", "gpt-6-luna", "chat_completions"),
    ],
)
def test_a_dialect_follows_from_setting_model_and_host(
    environment: pytest.MonkeyPatch, base_url: str, setting: str, model: str, dialect: str
) -> None:
    environment.setenv("OPENAI_BASE_URL", base_url)
    environment.setenv("OPENAI_DIALECT", setting)
    assert Model("OpenAI", model).dialect == dialect
    assert FLASH.dialect == "chat_completions"


@pytest.mark.parametrize(
    ("model", "wanted", "effort"),
    [(LUNA, "none", "none"), (LUNA, "high", "high"), (FLASH, "none", "low"), (FLASH, "high", "high")],
)
def test_a_model_thinks_as_hard_as_it_can_of_what_is_wanted(
    openai_itself: pytest.MonkeyPatch, model: Model, wanted: str, effort: str
) -> None:
    assert model.effort(request(effort=wanted)) == effort


def test_beside_tools_openai_takes_no_effort_in_chat_completions(openai_itself: pytest.MonkeyPatch) -> None:
    openai_itself.setenv("OPENAI_DIALECT", "chat_completions")
    assert LUNA.effort(request(tools=[TOOL])) == "none"
    assert LUNA.effort(request()) == "low"


@pytest.mark.usefixtures("openai_itself")
def test_thinking_has_room_of_its_own() -> None:
    for effort in ("low", "high"):
        room = figures(LUNA.name).room(effort)
        assert LUNA.most_tokens(request(effort=effort)) == 400 + room
        assert room > 1000
    assert LUNA.most_tokens(request(effort="none")) == 400


def test_the_room_ends_where_the_model_does(environment: pytest.MonkeyPatch) -> None:
    mine = {"dialect": None, "efforts": ["high"], "default_effort": "high", "context": 9000, "most_output": 500}
    price = {"effective": "2026-01-01", "input": 0, "cached_input": 0, "output": 0}
    stated = {"mine": mine | {"headroom": {"": 0, "high": 24_000}, "prices": [price]}}
    environment.setenv("MODEL_FIGURES", json.dumps(stated))
    assert Model("OpenAI", "mine").most_tokens(request()) == 500


@pytest.mark.usefixtures("environment")
def test_the_most_that_an_answer_can_cost_is_that_of_the_dearest_model() -> None:
    sol = Model("OpenAI", "gpt-6-sol")
    assert most_cost([LUNA, sol], request()) == most_cost([sol], request())
    assert most_cost([sol], request()).dollars > most_cost([LUNA], request()).dollars
    assert not most_cost([LUNA, Model("Gemini", "unheard-of")], request()).complete


@pytest.mark.usefixtures("environment")
def test_a_signature_goes_to_nobody_but_gemini() -> None:
    call = {"id": "a", "type": "function", "function": {"name": "list_files", "arguments": "{}"}}
    signed = call | {"extra_content": {"google": {"thought_signature": "c2ln"}}}
    messages = [{"role": "assistant", "content": None, "tool_calls": [signed, call]}]

    def sent(model: Model, *calls: Any) -> Any:
        said = [messages[0] | {"tool_calls": list(calls)}]
        return chat_completions.body(model, Request(said, 9, USER))["messages"][0]["tool_calls"]

    assert sent(FLASH, signed, call) == [signed, call]
    assert sent(FLASH, call)[0]["extra_content"] == {
        "google": {"thought_signature": "skip_thought_signature_validator"}
    }
    assert sent(OPENAI, signed) == [call]
    assert signed["extra_content"]


@pytest.mark.usefixtures("environment")
def test_what_gemini_refuses_it_is_not_sent() -> None:
    """Empty parts, a tool's message without its name, an object without properties, a schema beside tools."""
    messages: list[dict[str, Any]] = [
        {"role": "assistant", "content": ""},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": ""}}]},
        {"role": "tool", "tool_call_id": "a", "content": ""},
    ]
    body = chat_completions.body(FLASH, Request(messages, 9, USER, [TOOL], {"type": "object"}))
    assert [message["role"] for message in body["messages"]] == ["assistant", "tool"]
    assert (body["messages"][1]["name"], bool(body["messages"][1]["content"])) == ("f", True)
    assert body["tools"] == [{"type": "function", "function": {"name": "list_files", "description": "List files."}}]
    assert "response_format" not in body


def test_a_key_that_was_replaced_is_used_without_a_new_start(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OPENAI_API_KEY_PARAMETER", "/openai-key")
    parameter = "/openai-key"
    known_secrets()[parameter] = (time.monotonic(), "first")
    client = client_of("OpenAI")
    known_secrets()[parameter] = (time.monotonic(), "second")

    assert client_of("OpenAI").connections is client.connections
    assert (client.key, client_of("OpenAI").key) == ("first", "second")
