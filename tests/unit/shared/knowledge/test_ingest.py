import hashlib
import io
import json
from typing import Any

import pytest

from shared.database.client import Database
from shared.knowledge.ingest import StoredSource, ingest_text
from shared.platform.deadline import Deadline
from shared.platform.errors import InvalidRequestError
from tests.unit.shared.conftest import KnowSecret
from tests.unit.shared.stub_server import Asked, Said, StubServer

TEXT = "# Deloads\n\nA deload is a planned easier week.\n"
MODEL = "minilm-l6-int8"
STORED = {"source": "en/deload.md", "version": 2, "chunk_count": 1, "stored": True}


@pytest.fixture
def services(stub: StubServer, monkeypatch: pytest.MonkeyPatch, know_secret: KnowSecret) -> StubServer:
    """The database and the model provider behind one address; the source is not known yet."""
    know_secret("/openai-key", "sk-for-tests-only")
    monkeypatch.setenv("OPENAI_API_KEY_PARAMETER", "/openai-key")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{stub.url}/v1")
    monkeypatch.setenv("EMBEDDING_MODEL", MODEL)
    state_is(stub, None)
    return stub


def state_is(stub: StubServer, state: dict[str, Any] | None) -> None:
    embeddings = {
        "object": "list",
        "model": MODEL,
        "data": [{"object": "embedding", "index": 0, "embedding": [0.6, 0.8]}],
        "usage": {"prompt_tokens": 8, "total_tokens": 8},
    }
    answers = {"source_state": state, "store_source": STORED, "embeddings": embeddings}

    def reply(asked: Asked) -> Said:
        return Said(json.dumps(answers[asked.path.rpartition("/")[2]]).encode())

    stub.reply = reply


def ingest(services: StubServer, text: str = TEXT, **named: str) -> StoredSource:
    return ingest_text(Database(services.url, "sb_key"), "en/deload.md", text, Deadline.after(30), **named)


def called(services: StubServer) -> list[str]:
    return [asked.path.rpartition("/")[2] for asked in services.asked]


def stored(services: StubServer) -> dict[str, Any]:
    sent: dict[str, Any] = json.loads(services.asked[-1].body)
    return sent


def known(text: str, **changed: str) -> dict[str, Any]:
    digest = hashlib.sha256(f"\n{text}".encode()).hexdigest()
    return {**STORED, "content_sha256": digest, "embedding_model": MODEL, **changed}


def test_a_text_is_stored_with_its_vectors(services: StubServer) -> None:
    assert ingest(services, sequencer="01") == StoredSource(**STORED)
    assert called(services) == ["source_state", "embeddings", "store_source"]
    sent = stored(services)
    assert (sent["p_source"], sent["p_title"], sent["p_sequencer"]) == ("en/deload.md", "Deloads", "01")
    (chunk,) = sent["p_chunks"]
    assert (chunk["heading"], chunk["embedding"]) == ("Deloads", [0.6, 0.8])
    assert "a planned easier week" in chunk["content"]


@pytest.mark.parametrize(
    ("text", "title", "shown"),
    [(TEXT, "Easy weeks", "Easy weeks"), ("Rest well.", "", "deload.md"), ("Rest well.", "Easy weeks", "Easy weeks")],
)
def test_a_title_is_the_given_one_or_the_first_heading_or_the_name(
    services: StubServer, text: str, title: str, shown: str
) -> None:
    ingest(services, text, title=title)
    assert stored(services)["p_title"] == shown


def test_a_text_that_is_stored_already_is_not_paid_for_again(services: StubServer) -> None:
    state_is(services, known(TEXT))
    assert ingest(services) == StoredSource(**{**STORED, "stored": False})
    assert called(services) == ["source_state"]


@pytest.mark.parametrize("changed", [{"embedding_model": "another"}, {"content_sha256": "0" * 64}], ids=str)
def test_a_changed_text_or_model_is_stored_anew(services: StubServer, changed: dict[str, str]) -> None:
    state_is(services, known(TEXT, **changed))
    assert ingest(services).stored


def test_another_title_is_a_change_too(services: StubServer) -> None:
    state_is(services, known(TEXT))
    assert ingest(services, title="Easy weeks").stored


@pytest.mark.parametrize("text", ["", "\n\n", "# Only a heading"])
def test_a_document_without_text_is_refused_before_anything_is_paid(services: StubServer, text: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        ingest(services, text)
    assert refused.value.reason == "no_text"
    assert called(services) == ["source_state"]


def test_the_text_is_not_logged(services: StubServer, log: io.StringIO) -> None:
    ingest(services)
    assert "planned" not in log.getvalue()
