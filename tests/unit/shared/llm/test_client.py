import re
from uuid import UUID

import pytest

from shared.llm.client import client, provider_parameters, timeout
from tests.unit.shared.conftest import KnowSecret
from tests.unit.shared.llm.conftest import KEY
from tests.unit.shared.stub_server import StubServer

USER, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
def openai_itself(environment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    environment.delenv("OPENAI_BASE_URL", raising=False)
    environment.delenv("CHAT_REASONING_EFFORT", raising=False)
    return environment


def test_the_client_goes_where_the_settings_say_with_the_key_from_ssm(provider: StubServer) -> None:
    provider.says(b'{"object": "list", "data": []}')
    client().models.list()
    assert provider.asked[0].path == "/v1/models"
    assert provider.asked[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_process_has_one_client(provider: StubServer) -> None:
    assert client() is client()


def test_no_part_of_a_request_may_take_longer_than_the_whole() -> None:
    assert timeout(1.0).as_dict() == {"connect": 1.0, "read": 1.0, "write": 1.0, "pool": 1.0}


def test_a_silent_provider_is_given_up_long_before_the_time_is_over() -> None:
    assert timeout(50.0).connect <= 5
    assert timeout(50.0).read <= 15


def test_openai_is_told_to_store_nothing(openai_itself: pytest.MonkeyPatch) -> None:
    assert provider_parameters() == {"store": False, "reasoning_effort": "low"}


def test_openai_gets_a_keyed_hash_for_a_user(openai_itself: pytest.MonkeyPatch, know_secret: KnowSecret) -> None:
    named = provider_parameters(USER)["safety_identifier"]
    assert re.fullmatch("[0-9a-f]{64}", named)
    assert named == provider_parameters(USER)["safety_identifier"]
    assert named != provider_parameters(OTHER)["safety_identifier"]
    know_secret("/openai-key", "another-key")
    assert named != provider_parameters(USER)["safety_identifier"]


def test_other_providers_are_sent_nothing_they_may_not_know(provider: StubServer) -> None:
    assert provider_parameters(USER) == {}
