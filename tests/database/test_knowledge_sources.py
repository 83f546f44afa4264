"""Who may store what when: claims, events out of order, deletions, and vectors that are paid for once."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from shared.platform.settings import ModelSettings
from tests.support.database.actors import Connection, acting_as, allowed

SOURCE = "a.md"
DIGEST = "a" * 64


def value(connection: Connection, statement: str, *arguments: Any) -> Any:
    row = connection.execute(statement, arguments).fetchone()
    assert row is not None
    return row[0]


def claim(
    connection: Connection,
    name: str = "w1",
    sequencer: str | None = "0A",
    lease: int = 60,
    *,
    is_removal: bool = False,
) -> str:
    statement = "select claim_source(%s, %s, %s, %s, %s) ->> 'outcome'"
    outcome: str = value(connection, statement, SOURCE, name, lease, sequencer, is_removal)
    return outcome


def keep(connection: Connection, *contents: str, model: str = "m") -> None:
    rows = [{"content_sha256": sha(connection, content), "embedding": str([1.0] * 512)} for content in contents]
    connection.execute("select keep_embeddings(%s, %s)", (model, Jsonb(rows)))


def sha(connection: Connection, content: str) -> str:
    digest: str = value(connection, "select private.sha256_hex(%s)", content)
    return digest


def store(
    connection: Connection, *contents: str, name: str = "w1", model: str = "m", questions: Sequence[str] = ()
) -> bool:
    chunks = [{"content": content, "heading": "H", "token_count": 2} for content in contents]
    stored: bool = value(
        connection,
        "select (store_source(%s, %s, 'Title', %s, %s, %s, p_questions => %s) ->> 'stored')::boolean",
        *(SOURCE, name, DIGEST, model, Jsonb(chunks), Jsonb(list(questions))),
    )
    return stored


def taken_in(
    connection: Connection,
    *contents: str,
    sequencer: str | None = "0A",
    model: str = "m",
    questions: Sequence[str] = (),
) -> None:
    assert claim(connection, sequencer=sequencer) == "claimed"
    keep(connection, *contents, *questions, model=model)
    assert store(connection, *contents, model=model, questions=questions)


def settle(connection: Connection, status: str, code: str | None = None, name: str = "w1") -> bool:
    done: bool = value(connection, "select settle_source(%s, %s, %s, %s)", SOURCE, name, status, code)
    return done


def state(connection: Connection) -> tuple[Any, ...]:
    row = connection.execute(
        "select status, error_code, version, chunk_count from ai_kb_sources where source = %s", (SOURCE,)
    ).fetchone()
    assert row is not None
    return row


def served(connection: Connection) -> list[str]:
    rows = connection.execute("select content from ai_kb_docs order by source, chunk_index").fetchall()
    return [row[0] for row in rows]


def asked(connection: Connection) -> list[str]:
    rows = connection.execute("select content from private.questions order by content").fetchall()
    return [row[0] for row in rows]


def source_id(connection: Connection) -> UUID:
    found: UUID = value(connection, "select id from ai_kb_sources where source = %s", SOURCE)
    return found


def test_a_source_is_pending_until_its_chunks_are_stored(connection: Connection) -> None:
    claim(connection)
    assert state(connection) == ("pending", None, 0, 0)

    keep(connection, "one", "two")
    assert store(connection, "one", "two")
    assert state(connection) == ("ready", None, 1, 2)
    assert served(connection) == ["one", "two"]


@pytest.mark.parametrize("status", ["ready", "failed", "deleted"])
def test_an_event_that_has_ended_is_a_duplicate(connection: Connection, status: str) -> None:
    claim(connection)
    settle(connection, status, "no_text" if status == "failed" else None)

    assert claim(connection, "w2") == "duplicate"


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [("0A", "0B", "claimed"), ("0B", "0A", "stale"), ("0b", "0B01", "claimed"), ("0B01", "0B", "stale")],
)
def test_the_newest_event_of_an_object_wins(connection: Connection, first: str, second: str, outcome: str) -> None:
    taken_in(connection, "one", sequencer=first)

    assert claim(connection, "w2", second) == outcome


def test_a_late_event_does_not_revive_what_was_deleted(connection: Connection) -> None:
    claim(connection, sequencer="0B")
    settle(connection, "deleted")

    assert claim(connection, "w2", "0A") == "stale"
    assert state(connection)[0] == "deleted"
    assert claim(connection, "w3", "0C") == "claimed"


def test_what_was_deleted_stays_deleted_when_the_bucket_tells_that_its_file_is_gone(connection: Connection) -> None:
    taken_in(connection, "one")
    connection.execute("select delete_source(id) from ai_kb_sources where source = %s", (SOURCE,))

    assert claim(connection, "w2", "0C", is_removal=True) == "duplicate"
    assert state(connection)[0] == "deleted"
    assert claim(connection, "w3", "0B") == "stale"
    assert claim(connection, "w4", "0D") == "claimed"


def test_a_file_that_is_gone_is_taken_up_where_its_source_is_not_deleted(connection: Connection) -> None:
    taken_in(connection, "one")

    assert claim(connection, "w2", "0B", is_removal=True) == "claimed"


def test_a_file_that_is_gone_waits_for_the_text_that_an_operator_gives_in_its_place(connection: Connection) -> None:
    taken_in(connection, "one")
    assert claim(connection, "operator 1", None) == "claimed"

    assert claim(connection, "w2", "0B", is_removal=True) == "busy"
    assert settle(connection, "ready", name="operator 1")
    assert claim(connection, "w2", "0B", is_removal=True) == "claimed"


def test_two_workers_are_not_at_the_same_event(connection: Connection) -> None:
    claim(connection)

    assert claim(connection, "w2") == "busy"
    assert claim(connection, "w1") == "claimed"  # its first attempt is dead: the queue gave it the message again


def test_the_work_of_a_dead_worker_is_taken_up_when_its_lease_is_over(connection: Connection) -> None:
    claim(connection, lease=-1)

    assert claim(connection, "w2") == "claimed"


def test_a_newer_event_takes_the_claim_away(connection: Connection) -> None:
    claim(connection)
    keep(connection, "old", "new")
    assert claim(connection, "w2", "0B") == "claimed"

    assert not store(connection, "old")
    assert not settle(connection, "failed", "no_text")
    assert store(connection, "new", name="w2")
    assert served(connection) == ["new"]


def test_a_deletion_during_an_ingestion_leaves_nothing_behind(connection: Connection) -> None:
    taken_in(connection, "one")
    claim(connection, sequencer="0B")
    keep(connection, "two")
    connection.execute("select delete_source(%s)", (source_id(connection),))

    assert not store(connection, "two")
    assert (state(connection), served(connection)) == (("deleted", None, 1, 0), [])


def test_deleting_is_safe_to_repeat_and_answers_nothing_for_a_stranger(connection: Connection) -> None:
    taken_in(connection, "one")
    answers = [value(connection, "select delete_source(%s) ->> 'source'", source_id(connection)) for _ in range(2)]

    assert answers == [SOURCE, SOURCE]
    assert value(connection, "select delete_source(gen_random_uuid())") is None


def test_a_failed_version_leaves_the_one_before_it_served(connection: Connection) -> None:
    taken_in(connection, "one")
    claim(connection, sequencer="0B")
    settle(connection, "failed", "no_text")

    assert (state(connection), served(connection)) == (("failed", "no_text", 1, 1), ["one"])


def test_a_failure_names_its_code(connection: Connection) -> None:
    claim(connection)

    with pytest.raises(psycopg.errors.CheckViolation):
        settle(connection, "failed")


def test_a_passing_failure_leaves_the_source_to_be_claimed_again(connection: Connection) -> None:
    claim(connection)
    settle(connection, "pending", "model_unavailable")

    assert state(connection)[:2] == ("pending", "model_unavailable")
    assert claim(connection, "w2") == "claimed"


def test_an_operator_needs_no_event_and_waits_for_nobody(connection: Connection) -> None:
    claim(connection, sequencer="0A")

    assert claim(connection, "operator", None) == "claimed"
    assert value(connection, "select sequencer from ai_kb_sources") == "0A"


def test_a_new_version_replaces_the_old_one_whole_and_reuses_its_vectors(connection: Connection) -> None:
    taken_in(connection, "one", "two")
    claim(connection, sequencer="0B")
    hashes = {content: sha(connection, content) for content in ("two", "three")}
    missing = value(connection, "select missing_embeddings('m', %s)", list(hashes.values()))
    assert missing == [hashes["three"]]

    keep(connection, "three")
    assert store(connection, "two", "three")
    assert (state(connection), served(connection)) == (("ready", None, 2, 2), ["two", "three"])
    assert value(connection, "select array_agg(distinct metadata ->> 'version') from ai_kb_docs") == ["2"]


def test_what_was_paid_for_is_not_missing_and_is_dropped_once_it_is_served(connection: Connection) -> None:
    claim(connection)
    keep(connection, "one")
    assert value(connection, "select missing_embeddings('m', %s)", [sha(connection, "one")]) == []
    assert value(connection, "select missing_embeddings('other', %s)", [sha(connection, "one")]) != []

    store(connection, "one")
    assert value(connection, "select count(*) from private.kept_embeddings") == 0
    assert value(connection, "select missing_embeddings('m', %s)", [sha(connection, "one")]) == []


def test_chunks_without_vectors_are_not_stored_and_the_old_ones_stay(connection: Connection) -> None:
    taken_in(connection, "one")
    claim(connection, sequencer="0B")

    with pytest.raises(psycopg.Error, match="embeddings_missing"), connection.transaction():
        store(connection, "one", "two")
    assert served(connection) == ["one"]


def test_a_chunk_says_its_model_and_dimensions(connection: Connection) -> None:
    taken_in(connection, "one")

    row = connection.execute("select embedding_model, embedding_dimensions, content_sha256 from ai_kb_docs").fetchone()
    assert row == ("m", 512, sha(connection, "one"))


def test_chunks_of_two_models_are_never_served_together(connection: Connection) -> None:
    taken_in(connection, "one")
    claim(connection, sequencer="0B")
    keep(connection, "two", model="other")

    with pytest.raises(psycopg.Error, match="embedding_model_changed"), connection.transaction():
        store(connection, "two", model="other")


def test_a_model_is_served_once_every_chunk_has_its_vector(connection: Connection) -> None:
    taken_in(connection, "one", "two")
    assert value(connection, "select contents_without_embedding('new', 10)") == ["one", "two"]
    keep(connection, "one", model="new")
    assert not value(connection, "select set_serving_model('new')")
    assert value(connection, "select serving_model()") == "m"

    assert value(connection, "select contents_without_embedding('new', 10)") == ["two"]
    keep(connection, "two", model="new")
    assert value(connection, "select set_serving_model('new')")
    models = "select array_agg(distinct embedding_model) from "
    assert value(connection, f"{models} ai_kb_docs") == value(connection, f"{models} ai_kb_sources") == ["new"]
    assert value(connection, "select serving_model()") == "new"
    assert value(connection, "select count(*) from private.kept_embeddings") == 0


def test_the_model_of_an_empty_knowledge_base_is_changed_at_once(connection: Connection) -> None:
    taken_in(connection, "one")
    connection.execute("select delete_source(%s)", (source_id(connection),))

    assert value(connection, "select set_serving_model('new')")
    assert value(connection, "select serving_model()") == "new"


def test_only_old_vectors_of_documents_that_never_came_are_forgotten(connection: Connection) -> None:
    taken_in(connection, "one")
    keep(connection, "one", model="new")
    keep(connection, "never stored")

    assert value(connection, "select prune_embeddings(now() - interval '1 day')") == 0
    assert value(connection, "select prune_embeddings(now() + interval '1 day')") == 1
    assert value(connection, "select count(*) from private.kept_embeddings") == 1


def test_a_new_version_is_found_by_its_own_questions_and_not_by_those_of_the_one_before(connection: Connection) -> None:
    taken_in(connection, "one", questions=["When?", "Why?"])
    assert asked(connection) == ["When?", "Why?"]

    claim(connection, sequencer="0B")
    assert value(connection, "select missing_embeddings('m', %s)", [sha(connection, "Why?")]) == []
    keep(connection, "How?")
    assert store(connection, "one", questions=["Why?", "How?"])
    assert asked(connection) == ["How?", "Why?"]
    assert value(connection, "select questions from ai_kb_sources") == ["Why?", "How?"]
    assert value(connection, "select count(*) from private.kept_embeddings") == 0


@pytest.mark.parametrize("how", ["delete_source", "settle_source", "the row"])
def test_a_source_that_is_deleted_leaves_no_question(connection: Connection, how: str) -> None:
    taken_in(connection, "one", questions=["Why?"])
    if how == "delete_source":
        connection.execute("select delete_source(%s)", (source_id(connection),))
    elif how == "settle_source":
        claim(connection, sequencer="0B")
        settle(connection, "deleted")
    else:
        connection.execute("delete from ai_kb_sources")

    assert asked(connection) == []


def test_a_question_without_a_vector_is_not_stored_and_the_old_version_stays(connection: Connection) -> None:
    taken_in(connection, "one", questions=["Why?"])
    claim(connection, sequencer="0B")

    with pytest.raises(psycopg.Error, match="embeddings_missing"), connection.transaction():
        store(connection, "one", questions=["How?"])
    assert (served(connection), asked(connection)) == (["one"], ["Why?"])


def test_what_was_a_question_may_become_a_chunk_and_the_other_way_round(connection: Connection) -> None:
    taken_in(connection, "one", questions=["Why?"])
    claim(connection, sequencer="0B")
    assert (
        value(connection, "select missing_embeddings('m', %s)", [sha(connection, "one"), sha(connection, "Why?")]) == []
    )

    assert store(connection, "Why?", questions=["one"])
    assert (served(connection), asked(connection)) == (["Why?"], ["one"])


def test_a_model_is_served_once_every_question_has_its_vector_too(connection: Connection) -> None:
    taken_in(connection, "one", questions=["Why?"])
    keep(connection, "one", model="new")
    assert value(connection, "select contents_without_embedding('new', 10)") == ["Why?"]
    assert not value(connection, "select set_serving_model('new')")

    keep(connection, "Why?", model="new")
    assert value(connection, "select prune_embeddings(now() + interval '1 day')") == 0
    assert value(connection, "select set_serving_model('new')")
    assert value(connection, "select array_agg(embedding_model) from private.questions") == ["new"]
    assert value(connection, "select count(*) from private.kept_embeddings") == 0


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_nobody_reads_or_writes_the_vectors_of_questions_directly(connection: Connection, role: str) -> None:
    taken_in(connection, "one", questions=["Why?"])
    with acting_as(connection, role):
        assert not allowed(connection, "select 1 from private.questions")
        assert not allowed(connection, "delete from private.questions")
        assert not allowed(connection, "select 1 from private.embedded_contents")


@pytest.mark.parametrize("role", ["anon", "authenticated"])
def test_no_user_may_touch_sources(connection: Connection, role: str) -> None:
    taken_in(connection, "one")
    with acting_as(connection, role):
        assert not allowed(connection, "select claim_source('a.md', 'w', 60)")
        assert not allowed(connection, "select delete_source(gen_random_uuid())")
        assert not allowed(connection, "select keep_embeddings('m', '[]')")
        assert not allowed(connection, "select set_serving_model('m')")
        assert not allowed(connection, "select 1 from private.kept_embeddings")


def test_the_functions_ask_for_vectors_as_wide_as_the_columns(connection: Connection) -> None:
    query = "select distinct atttypmod from pg_attribute where attname = 'embedding' and attrelid = any(%s::regclass[])"
    widths = connection.execute(query, (["ai_kb_docs", "private.kept_embeddings", "private.questions"],)).fetchall()
    assert widths == [(ModelSettings.model_fields["embedding_dimensions"].default,)]
