"""Pictures as each dialect sends them, taken by models as strict as the real ones."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from infra.local.offline_models.server import running_models
from shared.llm.dialects import chat_completions, responses
from shared.llm.providers import Model
from shared.llm.request import IMAGE_TOKENS, Message, Request

# One pixel.
PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)
SHOWN: list[Message] = [{"role": "user", "content": "What is it?", "images": [PNG]}]


def request(messages: list[Message]) -> Request:
    return Request(messages, 100, UUID(int=1))


def sent(path: str, body: dict[str, Any]) -> httpx.Response:
    with running_models() as models:
        headers = {"Authorization": "Bearer offline"}
        return httpx.post(f"{models.base_url}{path}", json=body, headers=headers, trust_env=False)


@pytest.fixture(autouse=True)
def stated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("OPENAI_API_KEY_PARAMETER", "/openai-key")


def test_responses_has_a_picture_as_a_part_of_what_a_user_says() -> None:
    body = responses.body(Model("OpenAI", "hercules-extractive-1"), request(SHOWN))

    text, image = body["input"][0]["content"]
    assert text == {"type": "input_text", "text": "What is it?"}
    assert image == {"type": "input_image", "image_url": PNG, "detail": "auto"}
    assert sent("/responses", body).status_code == 200


def test_gemini_has_it_with_its_data_and_in_one_turn_with_what_was_said_before() -> None:
    messages = [{"role": "user", "content": "Look."}, *SHOWN]
    body = chat_completions.body(Model("Gemini", "gemini-3.8-flash"), request(messages))

    assert body["messages"] == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Look."},
                {"type": "text", "text": "What is it?"},
                {"type": "image_url", "image_url": {"url": PNG}},
            ],
        }
    ]
    body = chat_completions.body(Model("OpenAI", "hercules-extractive-1"), request(messages))
    assert sent("/chat/completions", body).status_code == 200


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.png",
        "data:image/png;base64,%%%",
        "data:image/png;base64,aGVsbG8=",
        "data:text/plain;base64,eA==",
    ],
    ids=["an address", "no base64", "no picture", "no type of one"],
)
def test_what_is_no_picture_is_refused(url: str) -> None:
    asked = {
        "model": "hercules-extractive-1",
        "input": [{"role": "user", "content": [{"type": "input_image", "image_url": url}]}],
    }
    assert sent("/responses", asked).status_code == 400


def test_a_picture_is_a_users() -> None:
    image = {"type": "input_image", "image_url": PNG}
    asked = {"model": "hercules-extractive-1", "input": [{"role": "assistant", "content": [image]}]}
    assert sent("/responses", asked).status_code == 400


def test_what_a_picture_costs_is_reserved() -> None:
    bare: list[Message] = [{"role": "user", "content": "What is it?"}]
    assert request(SHOWN).prompt_tokens - request(bare).prompt_tokens == IMAGE_TOKENS
