import json
import re
from uuid import UUID

import httpx
import pytest

from shared.llm.providers import CONNECT_TIMEOUT, client_of, is_openai_itself, timeout, user_hash
from tests.support.stub_server import StubServer
from tests.unit.shared.llm.conftest import KEY

USER, OTHER = UUID(int=1), UUID(int=2)


def test_the_client_goes_where_the_settings_say_with_the_key_from_ssm(provider: StubServer) -> None:
    provider.says(b'{"object": "list", "data": []}')
    assert client_of("OpenAI").ask("/embeddings", {"input": "Squats"}, timeout(5)) == {"object": "list", "data": []}
    assert provider.asked[0].path == "/v1/embeddings"
    assert json.loads(provider.asked[0].body) == {"input": "Squats"}
    assert provider.asked[0].headers["authorization"] == f"Bearer {KEY}"


def test_it_asks_once(provider: StubServer) -> None:
    provider.says(b"{}", status=500)
    with pytest.raises(httpx.HTTPStatusError, match="500"):
        client_of("OpenAI").ask("/embeddings", {}, timeout(5))
    assert len(provider.asked) == 1


def test_connecting_is_given_less_time_than_answering() -> None:
    assert (timeout(30).read, timeout(30).connect) == (30, CONNECT_TIMEOUT)
    assert (timeout(1).read, timeout(1).connect) == (1, 1)


@pytest.mark.parametrize(
    ("url", "itself"),
    [
        ("https://api.openai.com/v1", True),
        ("https://us.api.openai.com/v1", True),
        ("https://api.openai.com.example/v1", False),
        ("https://example.com/api.openai.com/v1", False),
        ("http://127.0.0.1:8080/v1", False),
    ],
)
def test_openai_is_known_by_its_host(environment: pytest.MonkeyPatch, url: str, itself: bool) -> None:
    environment.setenv("OPENAI_BASE_URL", url)
    assert is_openai_itself() is itself


@pytest.mark.usefixtures("environment")
def test_a_user_is_named_by_a_keyed_hash() -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", user_hash(USER))
    assert user_hash(USER) == user_hash(USER) != user_hash(OTHER)
    assert str(USER) not in user_hash(USER)
