"""Of a batch each message is carried out or comes again; a claim ends with what became of the work under it."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.database.client import Database
from shared.knowledge import objects
from shared.knowledge.chunks import Chunk
from shared.knowledge.formats.document import UnreadableError
from shared.knowledge.ingestion import MIN_SECONDS, Claim, cut, digest_of, ingest_messages
from shared.knowledge.objects import StoredObject
from shared.knowledge.queries import NewVersion
from shared.platform.deadline import Deadline
from shared.platform.errors import UnavailableError
from tests.support.knowledge_base import FakeKnowledgeBase

TEXT = StoredObject(b"# Deloads\n\nA planned easy week.", "")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> dict[str, StoredObject]:
    """What is in the bucket, whatever its name."""
    held: dict[str, StoredObject] = {}
    monkeypatch.setattr(objects, "read_object", lambda _bucket, key: held.get(key))
    return held


def notification(*keys: str) -> str:
    return json.dumps({"Records": [{"s3": {"bucket": {"name": "kb"}, "object": {"key": key}}} for key in keys]})


def ingest(messages: Mapping[str, str], seconds: float = 60.0) -> list[str]:
    return ingest_messages(messages, Deadline.after(seconds))


def version(*contents: str) -> NewVersion:
    return NewVersion("Deloads", "text", 4, [Chunk(content, "", 5) for content in contents], "digest")


def claim(database: Database, seconds: float = 60.0) -> Claim:
    return Claim.take(database, "a.md", "worker", Deadline.after(seconds))


@pytest.fixture
def database(knowledge_base: FakeKnowledgeBase) -> Database:
    return Database.as_service()


def test_an_object_is_read_cut_embedded_and_stored_under_the_messages_own_claim(
    knowledge_base: FakeKnowledgeBase, bucket: dict[str, StoredObject]
) -> None:
    bucket["a.md"] = TEXT

    assert ingest({"m1": notification("a.md")}) == []
    (stored,) = knowledge_base.arguments("store_source")
    assert (stored["p_source"], stored["p_claim"], stored["p_title"]) == ("a.md", "m1", "Deloads")
    assert (stored["p_in_bucket"], stored["p_content_sha256"]) == (True, digest_of(TEXT.data, ""))
    assert [chunk["content"] for chunk in stored["p_chunks"]] == ["## Deloads\n\nA planned easy week."]


def test_the_questions_of_a_document_are_embedded_with_its_chunks_and_stored(
    knowledge_base: FakeKnowledgeBase, bucket: dict[str, StoredObject]
) -> None:
    bucket["a.md"] = StoredObject(b"---\nquestions:\n- Why am I so tired?\n---\n" + TEXT.data, "")

    assert ingest({"m1": notification("a.md")}) == []
    (stored,) = knowledge_base.arguments("store_source")
    assert stored["p_questions"] == ["Why am I so tired?"]
    assert [chunk["content"] for chunk in stored["p_chunks"]] == ["## Deloads\n\nA planned easy week."]
    assert [text for _, text in knowledge_base.embedded] == ["Deloads.\n\nA planned easy week.", "Why am I so tired?"]


def test_only_the_message_that_failed_comes_again(
    knowledge_base: FakeKnowledgeBase, bucket: dict[str, StoredObject]
) -> None:
    bucket["a.md"] = TEXT
    knowledge_base.claimed["busy.md"] = {"outcome": "busy"}

    assert ingest({"m1": notification("busy.md"), "m2": notification("a.md"), "m3": "no JSON"}) == ["m1", "m3"]
    assert len(knowledge_base.arguments("store_source")) == 1


@pytest.mark.parametrize("outcome", ["stale", "duplicate"])
def test_an_event_that_is_out_of_date_is_done_without_a_change(
    knowledge_base: FakeKnowledgeBase, bucket: dict[str, StoredObject], outcome: str
) -> None:
    knowledge_base.claimed["a.md"] = {"outcome": outcome}

    assert ingest({"m1": notification("a.md")}) == []
    assert [name for name, _ in knowledge_base.called] == ["claim_source"]


def test_nothing_is_begun_that_could_not_be_ended(knowledge_base: FakeKnowledgeBase) -> None:
    assert ingest({"m1": notification("a.md")}, MIN_SECONDS / 2) == ["m1"]
    assert knowledge_base.called == []


def test_an_object_that_is_gone_is_deleted_and_one_that_is_unchanged_is_left(
    knowledge_base: FakeKnowledgeBase, bucket: dict[str, StoredObject]
) -> None:
    bucket["same.md"] = TEXT
    knowledge_base.claimed["same.md"] = {"in_bucket": True, "content_sha256": digest_of(TEXT.data, "")}

    assert ingest({"m1": notification("gone.md", "same.md")}) == []
    settled = [(each["p_source"], each["p_status"]) for each in knowledge_base.arguments("settle_source")]
    assert settled == [("gone.md", "deleted"), ("same.md", "ready")]
    assert knowledge_base.embedded == []


@given(messages=st.lists(st.lists(st.sampled_from("abcd"), max_size=3), max_size=6))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_events_come_no_source_is_worked_on_twice_and_no_more_than_two_at_once(
    knowledge_base: FakeKnowledgeBase, bucket: dict[str, StoredObject], messages: list[list[str]]
) -> None:
    bucket.update(dict.fromkeys("abc", TEXT))  # d is gone
    knowledge_base.called.clear()

    assert ingest({str(number): notification(*keys) for number, keys in enumerate(messages)}) == []
    assert len(knowledge_base.arguments("claim_source")) == sum(map(len, messages))
    assert (knowledge_base.working, knowledge_base.most_at_once <= 2) == (set(), True)


def test_a_claim_lasts_a_little_longer_than_its_worker(knowledge_base: FakeKnowledgeBase, database: Database) -> None:
    claim(database, 60.0)

    (asked,) = knowledge_base.arguments("claim_source")
    assert 60 <= asked["p_lease_seconds"] <= 65


@pytest.mark.parametrize(
    ("fault", "code"),
    [(UnavailableError(code="model_overloaded"), "model_overloaded"), (ValueError("of ours"), "internal_error")],
)
def test_a_failure_for_now_is_recorded_and_raised_on(
    knowledge_base: FakeKnowledgeBase, database: Database, fault: Exception, code: str
) -> None:
    with pytest.raises(type(fault)), claim(database).failure_recorded():
        raise fault

    (settled,) = knowledge_base.arguments("settle_source")
    assert (settled["p_claim"], settled["p_status"], settled["p_error_code"]) == ("worker", "pending", code)


def test_a_document_that_cannot_be_read_fails_for_good(knowledge_base: FakeKnowledgeBase, database: Database) -> None:
    with claim(database).failure_recorded():
        raise UnreadableError("corrupt")

    (settled,) = knowledge_base.arguments("settle_source")
    assert (settled["p_status"], settled["p_error_code"]) == ("failed", "corrupt")


def test_a_failure_that_cannot_be_recorded_is_still_the_one_that_is_raised(
    knowledge_base: FakeKnowledgeBase, database: Database
) -> None:
    knowledge_base.broken.add("settle_source")

    with pytest.raises(UnavailableError) as raised, claim(database).failure_recorded():
        raise UnavailableError(code="model_overloaded")
    assert raised.value.reason == "model_overloaded"


@pytest.mark.parametrize(("serving", "model"), [("served", "served"), (None, "wanted")])
def test_chunks_are_embedded_with_the_model_that_is_served(
    knowledge_base: FakeKnowledgeBase, database: Database, serving: str | None, model: str
) -> None:
    knowledge_base.claimed["a.md"] = {"serving_model": serving}
    claim(database).store(version("Rest.", "Sleep.", "Rest."), Deadline.after(60), in_bucket=False)

    assert sorted(knowledge_base.embedded) == [(model, "Rest."), (model, "Sleep.")]
    (stored,) = knowledge_base.arguments("store_source")
    assert (stored["p_embedding_model"], len(stored["p_chunks"])) == (model, 3)


def test_what_has_a_vector_is_not_paid_for_again(knowledge_base: FakeKnowledgeBase, database: Database) -> None:
    for contents in (["Rest."], ["Rest.", "Sleep."]):
        claim(database).store(version(*contents), Deadline.after(60), in_bucket=False)

    assert [text for _, text in knowledge_base.embedded] == ["Rest.", "Sleep."]


@pytest.mark.usefixtures("knowledge_base")
def test_a_given_title_goes_before_the_documents_own_and_that_before_its_name() -> None:
    deadline = Deadline.after(60)
    assert cut(TEXT.data, "notes/a.md", "Given", deadline).title == "Given"
    assert cut(TEXT.data, "notes/a.md", "", deadline).title == "Deloads"
    assert cut(b"Rest.", "notes/a.md", "", deadline).title == "a.md"


@pytest.mark.usefixtures("knowledge_base")
def test_a_document_of_no_words_has_no_text() -> None:
    with pytest.raises(UnreadableError) as refused:
        cut(b"# References\n\nMiller 2019", "a.md", "", Deadline.after(60))
    assert refused.value.reason == "no_text"
