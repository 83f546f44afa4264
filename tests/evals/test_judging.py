"""The judge: a model's verdict as it comes, and what is no verdict."""

import json

import pytest

from infra.local.cloud.place import SettingsError
from infra.local.smoke.providers import Provider
from tests.evals.judging import Judge
from tests.support.stub_server import Response, StubServer, stub_server


def judge(server: StubServer, model: str = "gpt-6-luna") -> Judge:
    return Judge(Provider("OpenAI", model, {"OPENAI_API_KEY": "sk-x", "OPENAI_BASE_URL": f"{server.url}/v1"}), model)


def said(content: str) -> Response:
    usage = {"prompt_tokens": 1_000_000, "completion_tokens": 1_000_000, "total_tokens": 2_000_000}
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
    body = {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
    return Response(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("content", "holds"),
    [
        ('{"why": "It does.", "holds": true}', True),
        ('{"why": "It does not.", "holds": false}', False),
        ('```json\n{"why": "It does.", "holds": true}\n```', True),
        ('{"why": "Perhaps.", "holds": "maybe"}', False),
        ("It holds.", False),
    ],
)
def test_only_a_clear_yes_holds_and_it_is_paid(content: str, holds: bool) -> None:
    with stub_server() as server:
        server.reply = lambda _: said(content)
        verdict = judge(server).verdict("It is kind.", "{}", ["Hello"], "Hello!")
    assert verdict.holds is holds
    assert verdict.dollars == pytest.approx(0.6)  # a million read and a million written, by prices.json


def test_a_judge_that_costs_nobody_knows_what_is_none() -> None:
    with stub_server() as server, pytest.raises(SettingsError, match="MODEL_FIGURES"):
        judge(server, "gpt-unheard-of")
