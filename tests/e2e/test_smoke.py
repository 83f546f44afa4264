"""`make smoke` on offline models: what comes is told as such, and so is what does not."""

from collections.abc import Callable

import pytest

from infra.local.cloud.description import Cloud
from infra.local.cloud.services import OFFLINE_CHAT_MODEL, OFFLINE_EMBEDDING_MODEL
from infra.local.demo.checks import are_offline
from infra.local.demo.phone import Phone
from infra.local.offline_models.server import running_models
from infra.local.smoke.__main__ import main
from infra.local.smoke.asking import QUESTION, TASK, WHAT, ask_everything
from infra.local.smoke.providers import Provider
from tests.support.waiting import eventually

KEY = "sk-not-for-anybodys-eyes"
REFUSAL = {"status": 401, "code": "invalid_api_key", "headers": {"x-request-id": "req_77"}}


def test_a_provider_that_works_fails_at_nothing(cloud: Cloud) -> None:
    outcomes = list(ask_everything(cloud, Provider("OpenAI", OFFLINE_CHAT_MODEL, {})))
    assert [(outcome.what, outcome.wrong) for outcome in outcomes] == [(what, "") for what in WHAT]
    assert all(outcome.tokens > 0 and outcome.seconds > 0 for outcome in outcomes)
    assert [outcome.first_token is None for outcome in outcomes] == [False, False, False, True]


def test_an_answer_of_the_stand_in_is_no_answer_and_the_providers_own_words_are_told(
    cloud: Cloud, behave: Callable[..., None]
) -> None:
    behave(QUESTION, "status", provider="openai", **REFUSAL)
    outcomes = {each.what: each.wrong for each in ask_everything(cloud, Provider("OpenAI", OFFLINE_CHAT_MODEL, {}))}
    assert outcomes.pop("a citation") == f"Gemini {OFFLINE_CHAT_MODEL} stood in; 401 invalid_api_key req_77"
    assert not any(outcomes.values())


def test_the_command_fails_with_what_failed_and_shows_no_key(capsys: pytest.CaptureFixture[str]) -> None:
    with running_models() as models:
        models.behave(QUESTION, "status", message=f"Incorrect API key provided: {KEY}", times=None, **REFUSAL)
        environment = {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": models.base_url,
            "EMBEDDING_MODEL": OFFLINE_EMBEDDING_MODEL,
        }
        assert main(environment) == 1
    said = capsys.readouterr().out
    assert "OpenAI, gpt-6-luna: about" in said
    assert "OpenAI, a proposal: ok" in said
    assert "OpenAI, a citation: 500 model_misconfigured; 401 invalid_api_key req_77" in said
    assert "OpenAI, a room: ok" in said
    assert KEY not in said


def test_what_the_offline_model_made_is_known_for_its_own(user: Phone) -> None:
    """The demo holds it to its very words by that."""
    path = f"/v1/rooms/{user.call('POST', '/v1/rooms', {'task_prompt': TASK}).expect(201).body['id']}"
    eventually(lambda: user.call("GET", path).body["room"]["status"] == "completed")
    assert are_offline(user.call("GET", path).body)
