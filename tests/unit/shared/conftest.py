"""Every test begins as a Lambda does that has just been started: with nothing known."""

import io
import time
from collections.abc import Callable, Iterator

import pytest

from shared.platform.observability import logger
from shared.platform.process import forget
from shared.platform.secrets import known_secrets
from tests.support.stub_server import StubServer, stub_server

KnowSecret = Callable[[str, str], None]


@pytest.fixture(autouse=True)
def just_started(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    forget()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("SUPABASE_JWT_ISSUER", "SUPABASE_JWT_AUDIENCE", "SUPABASE_JWT_SECRET_PARAMETER"):
        monkeypatch.delenv(name, raising=False)
    yield
    forget()


@pytest.fixture
def know_secret() -> KnowSecret:
    """Makes a parameter's value known, as if it had just been read from SSM."""

    def know(parameter: str, value: str) -> None:
        known_secrets()[parameter] = (time.monotonic(), value)

    return know


@pytest.fixture
def stub() -> Iterator[StubServer]:
    with stub_server() as server:
        yield server


@pytest.fixture
def nobody() -> str:
    """The URL of a server that is gone."""
    with stub_server() as server:
        return server.url


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """All that is logged during the test."""
    written = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)
    return written
