import json

import pytest

from shared.database.client import Database
from shared.knowledge import serving
from shared.knowledge.serving import serving_model
from tests.unit.shared.stub_server import StubServer


@pytest.fixture
def database(stub: StubServer, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("OPENAI_API_KEY_PARAMETER", "/openai-key")
    monkeypatch.setenv("EMBEDDING_MODEL", "wanted")
    monkeypatch.setattr(serving, "_known", {})
    return Database(stub.url, "sb_key")


@pytest.mark.parametrize(("stored", "model"), [("served", "served"), (None, "wanted")])
def test_questions_are_embedded_as_the_chunks_are(
    database: Database, stub: StubServer, stored: str | None, model: str
) -> None:
    stub.says(json.dumps(stored).encode())

    assert [serving_model(database) for _ in range(3)] == [model] * 3
    assert len(stub.asked) == 1


def test_a_new_model_is_seen_within_a_minute(
    database: Database, stub: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.says(b'"old"')
    serving_model(database)
    stub.says(b'"new"')
    monkeypatch.setattr(serving, "TIME_TO_LIVE", -1.0)

    assert serving_model(database) == "new"
