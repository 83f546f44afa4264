"""What OpenAI's models take and refuse; the source of each rule stands beside it."""

from typing import Any

import httpx
import pytest

from tests.unit.offline_models.protocol.asking import FLAT_TOOL, TOOL, USER, accepted, chat, fault, respond

OFFLINE = "hercules-extractive-1"
THINKING = ("gpt-6-luna", "gpt-6-sol", "gpt-6.1-terra", "gpt-6.1-sol", "gpt-6.2-sol", "gpt-6-astra", "gpt-5.6-luna")


@pytest.mark.parametrize("model", THINKING)
@pytest.mark.parametrize("effort", [{}, {"reasoning_effort": "low"}])
def test_chat_completions_refuse_tools_beside_thinking(http: httpx.Client, model: str, effort: dict[str, str]) -> None:
    error = fault(chat(http, model, tools=[TOOL], **effort))
    assert error["message"].startswith(f"Function tools with reasoning_effort are not supported for {model} in ")
    assert (error["param"], error["code"]) == ("reasoning_effort", None)
    assert accepted(chat(http, model, **effort))


@pytest.mark.parametrize("model", THINKING)
def test_responses_take_both(http: httpx.Client, model: str) -> None:
    assert accepted(respond(http, model, tools=[FLAT_TOOL], reasoning={"effort": "low"}))
    assert accepted(respond(http, model, tools=[FLAT_TOOL]))


def test_some_models_take_tools_when_they_do_not_think(http: httpx.Client) -> None:
    assert accepted(chat(http, "gpt-6-luna", tools=[TOOL], reasoning_effort="none"))
    assert accepted(chat(http, "gpt-5.4", tools=[TOOL]))
    assert fault(chat(http, "gpt-5.4", tools=[TOOL], reasoning_effort="low"))["param"] == "reasoning_effort"
    assert accepted(chat(http, "gpt-5-mini", tools=[TOOL], reasoning_effort="low"))


@pytest.mark.parametrize(
    ("model", "effort"),
    [
        ("gpt-6-luna", "minimal"),
        ("gpt-5.6-luna", "minimal"),
        ("gpt-6-astra", "none"),
        ("gpt-6.1-sol", "none"),
        ("gpt-5.1", "xhigh"),
        ("gpt-5", "none"),
    ],
)
def test_an_effort_that_the_model_does_not_know_is_refused(http: httpx.Client, model: str, effort: str) -> None:
    by_chat = fault(chat(http, model, reasoning_effort=effort))
    assert (by_chat["param"], by_chat["code"]) == ("reasoning_effort", "unsupported_value")
    by_responses = fault(respond(http, model, reasoning={"effort": effort}))
    assert (by_responses["param"], by_responses["code"]) == ("reasoning.effort", "unsupported_value")
    assert by_responses["message"].startswith(
        f"Unsupported value: '{effort}' is not supported with the '{model}' model."
    )


def test_the_highest_effort_is_for_responses_alone(http: httpx.Client) -> None:
    assert accepted(respond(http, "gpt-6-luna", reasoning={"effort": "max"}))
    message = fault(chat(http, "gpt-6-luna", reasoning_effort="max"))["message"]
    assert message.endswith("Supported values are: 'none', 'low', 'medium', 'high', and 'xhigh'.")


@pytest.mark.parametrize(
    "field", [{"temperature": 0.2}, {"top_p": 0.5}, {"presence_penalty": 1}, {"frequency_penalty": 1}]
)
def test_a_model_that_thinks_takes_no_sampling(http: httpx.Client, field: dict[str, Any]) -> None:
    error = fault(chat(http, "gpt-6-luna", **field))
    assert (error["param"], error["code"]) == (*field, "unsupported_value")
    assert accepted(chat(http, "gpt-6-luna", temperature=1))
    assert accepted(chat(http, "gpt-4o", **field))


@pytest.mark.parametrize("field", [{"temperature": 0.2}, {"top_p": 0.5}])
def test_nor_by_responses(http: httpx.Client, field: dict[str, Any]) -> None:
    assert fault(respond(http, "gpt-6-luna", **field))["param"] in field
    assert accepted(respond(http, "gpt-4o", **field))


def test_the_old_name_of_the_token_limit_is_refused(http: httpx.Client) -> None:
    error = fault(chat(http, "gpt-6-luna", max_tokens=100))
    assert (error["param"], error["code"]) == ("max_tokens", "unsupported_parameter")
    assert accepted(chat(http, "gpt-6-luna", max_completion_tokens=100))


def test_a_model_that_cannot_think_takes_no_effort(http: httpx.Client) -> None:
    assert "reasoning_effort" in fault(chat(http, "gpt-4o", reasoning_effort="low"))["message"]
    assert fault(respond(http, "gpt-4o", reasoning={"effort": "low"}))["code"] == "unsupported_value"
    assert fault(respond(http, "gpt-4o", include=["reasoning.encrypted_content"]))["param"] == "include"


def test_a_model_thinks_by_default(http: httpx.Client) -> None:
    def thoughts(model: str) -> int:
        answer = respond(http, model).json()
        return int(answer["usage"]["output_tokens_details"]["reasoning_tokens"])

    assert thoughts("gpt-6-luna") > 0
    assert thoughts("gpt-5.4") == thoughts(OFFLINE) == 0


def test_what_openai_knows_is_accepted(http: httpx.Client) -> None:
    known = {"store": False, "safety_identifier": "u" * 64, "prompt_cache_key": "coach", "metadata": {"a": "b"}}
    assert accepted(chat(http, "gpt-6-luna", **known, verbosity="low", parallel_tool_calls=False))
    assert accepted(respond(http, "gpt-6-luna", **known, text={"verbosity": "low"}, truncation="disabled"))


@pytest.mark.parametrize("name", ["index", "extra_content"])
def test_what_other_providers_hang_on_calls_is_not_taken(http: httpx.Client, name: str) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    result = {"role": "tool", "tool_call_id": "c1", "content": "1"}
    assert accepted(chat(http, OFFLINE, messages=[USER, {"role": "assistant", "tool_calls": [call]}, result]))
    hung = {"role": "assistant", "tool_calls": [{**call, name: 0}]}
    error = fault(chat(http, OFFLINE, messages=[USER, hung, result]))
    assert (error["param"], error["code"]) == (f"messages[1].tool_calls[0].{name}", "unknown_parameter")


def test_the_offline_model_takes_everything(http: httpx.Client) -> None:
    anything = {"tools": [TOOL], "reasoning_effort": "max", "temperature": 0.2, "max_tokens": 50}
    assert accepted(chat(http, OFFLINE, **anything))
    assert accepted(chat(http, "llama-4", **anything))
    assert accepted(chat(http, "gpt-oss-20b", **anything))


def test_an_unheard_of_name_of_openais_is_as_strict_as_the_newest(http: httpx.Client) -> None:
    assert fault(chat(http, "gpt-next", tools=[TOOL]))["param"] == "reasoning_effort"
    assert fault(chat(http, "gpt-7-nova", max_tokens=5))["param"] == "max_tokens"


@pytest.mark.parametrize("model", [OFFLINE, "gpt-4o"])
def test_a_prompt_beyond_the_context_is_refused(http: httpx.Client, model: str) -> None:
    long = "word " * 130_000
    by_chat = fault(chat(http, model, messages=[{"role": "user", "content": long}]))
    assert (by_chat["param"], by_chat["code"]) == ("messages", "context_length_exceeded")
    by_responses = fault(respond(http, model, input=long))
    assert (by_responses["param"], by_responses["code"]) == ("input", "context_length_exceeded")
