"""Which models a laptop cloud gets, and which it does not start for."""

import json

import pytest

from infra.local.cloud.place import SettingsError
from infra.local.cloud.running import check_models, running_cloud
from infra.local.cloud.services import OFFLINE_CHAT_MODEL, chosen_models

FIGURES = {
    "dialect": "chat_completions",
    "efforts": [],
    "default_effort": None,
    "context": 32_000,
    "most_output": 4_000,
    "headroom": {"": 0},
    "prices": [{"effective": "2026-01-01", "input": 0, "cached_input": 0, "output": 0}],
}


def test_without_a_key_the_offline_models_answer_as_both_providers() -> None:
    models = chosen_models({})
    assert models.offline_port
    assert models.gemini
    assert (models.chat_model, models.gemini.model) == (OFFLINE_CHAT_MODEL, OFFLINE_CHAT_MODEL)
    assert models.settings["OPENAI_DIALECT"] == "responses"
    assert models.settings["OPENAI_MODERATION"] == "on"


def test_a_server_that_is_named_answers_alone_and_in_its_own_dialect() -> None:
    models = chosen_models({"OPENAI_BASE_URL": "http://127.0.0.1:8080/v1", "CHAT_MODEL": "llama"})
    assert (models.base_url, models.chat_model, models.gemini) == ("http://127.0.0.1:8080/v1", "llama", None)
    assert (models.settings["OPENAI_DIALECT"], models.settings["OPENAI_MODERATION"]) == ("", "")


def test_settings_hold_no_key() -> None:
    models = chosen_models({"OPENAI_API_KEY": "sk-secret", "GEMINI_API_KEY": "g-secret"})
    assert "secret" not in str(models.settings)


@pytest.mark.parametrize(
    "environment",
    [
        {"OPENAI_API_KEY": "sk", "CHAT_MODEL": "unheard-of"},
        {"GEMINI_API_KEY": "g", "GEMINI_MODEL": "unheard-of"},
        {"WRITER_MODEL": "openai:unheard-of"},
        {"OPENAI_API_KEY": "sk", "EMBEDDING_MODEL": "unheard-of"},
    ],
)
def test_a_model_of_which_nobody_knows_what_it_costs_stops_the_cloud_before_it_starts(
    environment: dict[str, str],
) -> None:
    with pytest.raises(SettingsError, match="unheard-of") as told, running_cloud(environment=environment):
        pass
    assert "MODEL_FIGURES" in str(told.value)


def test_a_model_whose_figures_are_stated_may_start() -> None:
    check_models({"OPENAI_API_KEY": "sk", "CHAT_MODEL": "mine", "MODEL_FIGURES": json.dumps({"mine": FIGURES})})
