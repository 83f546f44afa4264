"""A turn that is carried out with a model and a database that do as they are told."""

from collections.abc import Callable

import pytest

from shared.coach import summaries, titles
from shared.coach.turn import model_loop
from tests.support.coach import FakeDatabase, FakeModel, Said

Scripted = Callable[..., FakeModel]


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited before something was tried again; nobody waits here."""
    waited: list[float] = []
    monkeypatch.setattr("shared.platform.repetition.time.sleep", waited.append)
    return waited


@pytest.fixture
def database() -> FakeDatabase:
    return FakeDatabase()


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    """Has the model say these things, one a call; an exception is raised."""
    monkeypatch.setenv("OPENAI_API_KEY_PARAMETER", "/openai-key")
    monkeypatch.setenv("CHAT_MODEL", "gpt-6-luna")
    monkeypatch.setenv("OPENAI_MODERATION", "off")

    def scripted(*script: Said | Exception) -> FakeModel:
        fake = FakeModel(list(script))
        for module in (model_loop, titles, summaries):
            monkeypatch.setattr(module, "ModelCall", fake)
        return fake

    return scripted
