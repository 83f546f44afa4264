import httpx
import pytest
from openai import OpenAI

from infra.local.offline_models.server import RunningModels

LATEST = "omni-moderation-latest"


def test_nothing_is_found_unless_a_script_says_so(models: RunningModels, client: OpenAI, mark: str) -> None:
    models.behave(mark, "scores", scores={"self-harm/intent": 0.9})
    warned, calm = (client.moderations.create(input=f"I {mark}", model=LATEST).results[0] for _ in range(2))
    assert (warned.flagged, warned.categories.self_harm_intent, warned.category_scores.self_harm_intent) == (
        True,
        True,
        0.9,
    )
    assert (warned.categories.self_harm, calm.flagged) == (False, False)
    assert 0 < calm.category_scores.self_harm_intent < 0.01
    assert calm.category_applied_input_types.self_harm_intent == ["text"]


def test_each_text_has_a_result_and_parts_have_one_together(client: OpenAI) -> None:
    assert len(client.moderations.create(input=["a", "b"]).results) == 2
    parts: list[dict[str, str]] = [{"type": "text", "text": each} for each in ("a", "b")]
    assert len(client.moderations.create(input=parts).results) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"input": "a"}, 200),
        ({"input": ""}, 400),
        ({"input": []}, 400),
        ({}, 400),
        ({"input": "a", "user": "u"}, 400),
        ({"input": "a", "model": "text-moderation-latest"}, 400),
        ({"input": "a", "model": "hercules-extractive-1"}, 400),
    ],
)
def test_it_takes_what_openai_takes_and_nothing_else(http: httpx.Client, body: dict[str, object], status: int) -> None:
    assert http.post("/moderations", json=body).status_code == status


def test_gemini_has_none(gemini_http: httpx.Client) -> None:
    assert gemini_http.post("/moderations", json={"input": "a"}).status_code == 404
