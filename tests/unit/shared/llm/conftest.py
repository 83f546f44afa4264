"""The offline models as the model provider, for the functions as they are deployed."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from infra.local.offline_models.server import RunningModels, running_models
from tests.support.stub_server import StubServer
from tests.unit.shared.conftest import KnowSecret

KEY = "sk-for-tests-only"
CHAT_MODEL = "hercules-extractive-1"
EMBEDDING_MODEL = "minilm-l6-int8"
TOOL = {
    "type": "function",
    "function": {
        "name": "list_files",
        "description": "List files.",
        "strict": True,
        "parameters": {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
    },
}


@pytest.fixture(scope="session")
def running() -> Iterator[RunningModels]:
    with running_models() as models:
        yield models


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, know_secret: KnowSecret) -> pytest.MonkeyPatch:
    know_secret("/openai-key", KEY)
    monkeypatch.setenv("OPENAI_API_KEY_PARAMETER", "/openai-key")
    monkeypatch.setenv("CHAT_MODEL", CHAT_MODEL)
    monkeypatch.setenv("EMBEDDING_MODEL", EMBEDDING_MODEL)
    return monkeypatch


@pytest.fixture
def models(running: RunningModels, environment: pytest.MonkeyPatch) -> RunningModels:
    """A provider that answers, and fails when told to."""
    environment.setenv("OPENAI_BASE_URL", running.base_url)
    return running


@pytest.fixture
def provider(stub: StubServer, environment: pytest.MonkeyPatch) -> StubServer:
    """A provider that says whatever a test likes."""
    environment.setenv("OPENAI_BASE_URL", f"{stub.url}/v1")
    return stub


@pytest.fixture
def mark() -> str:
    """A word that no other test's requests hold."""
    return f"mark-{uuid4().hex}"


@pytest.fixture
def gemini(environment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A key for the second provider."""
    environment.setenv("GEMINI_API_KEY_PARAMETER", "/openai-key")
    return environment
