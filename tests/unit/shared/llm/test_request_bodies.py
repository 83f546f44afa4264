"""What each model is sent is what its provider takes: by the strict double, by openai's types, and word for word."""

import json
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from infra.local.offline_models.server import RunningModels
from shared.llm.call import DIALECTS
from shared.platform import settings
from shared.platform.process import forget
from tests.support.model_requests import check_body
from tests.unit.shared.llm import request_bodies
from tests.unit.shared.llm.conftest import KEY
from tests.unit.shared.llm.request_bodies import all_tools, body_of, chat_models, model_of, requests_of

MODELS = request_bodies.chat_models()


@pytest.fixture(autouse=True)
def as_deployed(environment: pytest.MonkeyPatch) -> None:
    for name in ("CHAT_MODEL", "CHAT_REASONING_EFFORT", "OPENAI_DIALECT", "OPENAI_BASE_URL"):
        environment.delenv(name, raising=False)
    for name, value in request_bodies.ENVIRONMENT.items():
        environment.setenv(name, value)


def sent(running: RunningModels, name: str, body: dict[str, Any]) -> httpx.Response:
    model = model_of(name)
    root = f"{running.control_url}/gemini/v1" if model.provider == "Gemini" else running.base_url
    url = root + DIALECTS[model.dialect].PATH
    return httpx.post(url, json=body, headers={"authorization": f"Bearer {KEY}"}, trust_env=False, timeout=30)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_sent_what_its_file_says(name: str) -> None:
    """Written anew by `python -m tests.unit.shared.llm.request_bodies`: read the difference before committing it."""
    assert (request_bodies.FOLDER / f"{name}.json").read_text() == request_bodies.text_of(name)


def test_there_is_a_file_for_each_model_and_no_other() -> None:
    assert {path.stem for path in request_bodies.FOLDER.glob("*.json")} == set(chat_models())


@pytest.mark.parametrize("name", MODELS)
def test_the_strict_double_takes_it(running: RunningModels, name: str) -> None:
    model = model_of(name)
    for kind, request in (
        requests_of(model) | {f"all_{kind}": each for kind, each in all_tools(model).items()}
    ).items():
        answer = sent(running, name, body_of(model, request))
        assert answer.status_code == 200, (kind, answer.text)


@pytest.mark.parametrize("name", MODELS)
def test_openais_types_know_it(name: str) -> None:
    model = model_of(name)
    for request in (requests_of(model) | all_tools(model)).values():
        check_body(json.loads(json.dumps(body_of(model, request))))


@pytest.mark.parametrize(
    "change",
    [
        {"bogus": 1},
        {"max_output_tokens": "many"},
        {"input": [{"role": "user", "contents": "x"}]},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"text": {"format": {"type": "json_schema", "schema": {}}}},
    ],
)
def test_openais_types_refuse_what_is_no_request(change: dict[str, Any]) -> None:
    model = model_of("gpt-6-luna")
    with pytest.raises(ValidationError):
        check_body(body_of(model, requests_of(model)["coach"]) | change)


@pytest.mark.parametrize("name", [name for name in MODELS if name.startswith("gpt-")])
def test_what_openai_refuses_in_chat_completions_is_refused_by_the_double(running: RunningModels, name: str) -> None:
    """Function tools beside an effort: pipecat#4043, litellm#34569, onyx#15008."""
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    body = {"model": name, "messages": [{"role": "user", "content": "x"}], "tools": [tool], "reasoning_effort": "high"}
    url = f"{running.base_url}/chat/completions"
    answer = httpx.post(url, json=body, headers={"authorization": "Bearer x"}, trust_env=False, timeout=30)
    if name.startswith(("gpt-5-", "gpt-5.1", "gpt-5.2", "gpt-5.3")):  # before the rule
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


def test_what_openai_alone_knows_is_sent_to_nobody_else(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    own = {"safety_identifier", "prompt_cache_key"}
    for dialect in ("responses", "chat_completions"):
        environment.setenv("OPENAI_DIALECT", dialect)
        forget(settings.load)
        model = model_of("a-model-of-ones-own")
        assert not own & body_of(model, requests_of(model)["coach"]).keys()
