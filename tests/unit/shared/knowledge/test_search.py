import json

import pytest

from shared.database.client import Database
from shared.knowledge import search as search_module
from shared.knowledge.search import search, serving_model
from shared.platform.deadline import Deadline
from shared.platform.errors import UnavailableError
from tests.support.stub_server import Request, Response, StubServer
from tests.unit.shared.conftest import KnowSecret

ROW = {
    "chunk_id": "00000000-0000-4000-8000-000000000001",
    "source": "en/deload.md",
    "title": "Deloads",
    "heading": None,
    "version": 2,
    "content": "A planned easy week.",
    "token_count": 5,
    "score": 0.61,
    "rank_score": 0.016,
}
EMBEDDED = {
    "object": "list",
    "model": "minilm-l6-int8",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.6, 0.8]}],
    "usage": {"prompt_tokens": 3, "total_tokens": 3},
}


@pytest.fixture
def services(stub: StubServer, monkeypatch: pytest.MonkeyPatch, know_secret: KnowSecret) -> StubServer:
    """The database and the model provider behind one address."""
    know_secret("/openai-key", "sk-for-tests-only")
    monkeypatch.setenv("OPENAI_API_KEY_PARAMETER", "/openai-key")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{stub.url}/v1")
    monkeypatch.setenv("EMBEDDING_MODEL", "minilm-l6-int8")
    answers = {"embeddings": EMBEDDED, "search_knowledge": [ROW], "serving_model": None}

    def reply(asked: Request) -> Response:
        return Response(json.dumps(answers[asked.path.rpartition("/")[2]]).encode())

    stub.reply = reply
    return stub


def test_a_query_is_embedded_and_its_passages_are_found(services: StubServer) -> None:
    (passage,) = search(Database(services.url, "sb_key"), "deload", Deadline.after(30), limit=5)
    assert (passage.title, passage.content, passage.version) == ("Deloads", "A planned easy week.", 2)
    sent = json.loads(services.asked[-1].body)
    assert (sent["p_query"], sent["p_embedding"], sent["p_limit"]) == ("deload", "[0.6,0.8]", 5)
    assert sent["p_embedding_model"] == "minilm-l6-int8"


def test_a_question_that_may_go_on_is_searched_behind_the_one_before_too(services: StubServer) -> None:
    both = [
        {"object": "embedding", "index": 0, "embedding": [0.6, 0.8]},
        {"object": "embedding", "index": 1, "embedding": [0.0, 1.0]},
    ]
    answers: dict[str, object] = {
        "embeddings": EMBEDDED | {"data": both},
        "search_knowledge": [ROW],
        "serving_model": None,
    }
    services.reply = lambda asked: Response(json.dumps(answers[asked.path.rpartition("/")[2]]).encode())

    search(Database(services.url, "sb_key"), "how often?", Deadline.after(30), 5, before=["What is a deload?"])
    sent = json.loads(services.asked[-1].body)
    assert (sent["p_query"], sent["p_context"]) == ("how often?", "What is a deload?\nhow often?")
    assert (sent["p_embedding"], sent["p_context_embedding"]) == ("[0.6,0.8]", "[0,1]")


def test_a_database_that_does_not_answer_is_unavailable(services: StubServer, nobody: str) -> None:
    with pytest.raises(UnavailableError):
        search(Database(nobody, "sb_key"), "deload", Deadline.after(30), limit=5)


@pytest.fixture
def database(stub: StubServer, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("OPENAI_API_KEY_PARAMETER", "/openai-key")
    monkeypatch.setenv("EMBEDDING_MODEL", "wanted")
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
    monkeypatch.setattr(search_module, "TIME_TO_LIVE", -1.0)

    assert serving_model(database) == "new"
