"""The vector index is built when it pays, rebuilt when it has to be, and never in the way of a search."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.support.database.actors import Connection, acting_as, allowed
from tests.support.database.vectors import add_chunks, add_random_chunks, axis, remove_source

PAYS_FROM = 1200  # enough for the planner to see that an index pays
INDEXES = """
    select c.relname from pg_index as i join pg_class as c on c.oid = i.indexrelid join pg_am as a on a.oid = c.relam
    where i.indrelid = 'ai_kb_docs'::regclass and a.amname = 'ivfflat' order by 1
"""
SCANS = "select coalesce(sum(pg_stat_get_xact_numscans(oid)), 0)::int from pg_class where relname like %s"
SEED = "ai_kb_docs_embedding_idx"
NEAREST = """
    select d.content from private.nearest_chunks(%s::real[]::extensions.vector, %s) as n
    join ai_kb_docs as d on d.id = n.chunk_id order by n.distance
"""


def tend(connection: Connection) -> dict[str, Any]:
    row = connection.execute("select maintain_index(%s)", (PAYS_FROM,)).fetchone()
    assert row is not None
    result: dict[str, Any] = row[0]
    return result


def tend_until_dropped(connection: Connection) -> None:
    """What is in use just now, by autovacuum for example, is dropped another time."""
    for _ in range(100):
        done = tend(connection)
        assert done["index_built"] is False
        if done["indexes_dropped"]:
            return
    raise AssertionError("the old index is never dropped")


def tend_until_tuned(connection: Connection) -> int:
    """Build, drop what was before, tune; how many lists are read then."""
    assert tend(connection)["index_built"] is True
    tend_until_dropped(connection)
    probes: int = tend(connection)["probes"]
    return probes


def nearest(connection: Connection, vector: list[float], model: str = "m") -> list[str]:
    return [row[0] for row in connection.execute(NEAREST, (vector, model)).fetchall()]


def indexes(connection: Connection) -> list[str]:
    return [row[0] for row in connection.execute(INDEXES).fetchall()]


def index_scans(connection: Connection, name: str = SEED + "%") -> int:
    """How often this transaction has gone by an index."""
    row = connection.execute(SCANS, (name,)).fetchone()
    assert row is not None
    return int(row[0])


def lists(connection: Connection) -> int:
    row = connection.execute("select lists from private.vector_index").fetchone()
    assert row is not None
    return int(row[0])


def vectors(connection: Connection, number: int) -> list[list[float]]:
    """Of some of the chunks."""
    rows = connection.execute("select embedding::real[] from ai_kb_docs order by chunk_index limit %s", (number,))
    return [row[0] for row in rows]


@pytest.fixture
def other(database_url: str) -> Iterator[Connection]:
    """Somebody else, who waits for nobody longer than a second."""
    with psycopg.connect(database_url, options="-c statement_timeout=10s -c lock_timeout=1s") as connection:
        yield connection


def test_below_the_threshold_every_vector_is_looked_at(connection: Connection) -> None:
    add_random_chunks(connection, PAYS_FROM - 1)

    assert tend(connection)["index_built"] is False
    assert len(nearest(connection, axis(0))) == 40
    assert index_scans(connection) == 0


def test_an_index_is_built_at_the_threshold_and_used(connection: Connection) -> None:
    add_random_chunks(connection, PAYS_FROM)

    assert tend(connection)["index_built"] is True
    tend_until_dropped(connection)
    before = index_scans(connection, f"{SEED}_1")
    assert len(nearest(connection, axis(0))) == 40
    assert index_scans(connection, f"{SEED}_1") == before + 1


def test_a_connection_that_has_searched_before_goes_by_the_new_index(connection: Connection) -> None:
    add_random_chunks(connection, PAYS_FROM)
    for _ in range(10):  # after five the plan of a statement is kept
        nearest(connection, axis(0))
    tend(connection)
    tend_until_dropped(connection)
    before = index_scans(connection, f"{SEED}_1")
    nearest(connection, axis(0))

    assert index_scans(connection, f"{SEED}_1") == before + 1


def test_vectors_in_clusters_are_found_in_few_lists_and_scattered_ones_in_as_many_as_may_be_read(
    connection: Connection,
) -> None:
    clusters = add_random_chunks(connection, PAYS_FROM, clusters=40)
    few = tend_until_tuned(connection)
    remove_source(connection, clusters)
    add_random_chunks(connection, 3 * PAYS_FROM)
    many = tend_until_tuned(connection)

    assert few <= 10
    assert many == lists(connection) // 3


def test_a_tuned_index_finds_what_an_exact_search_does(connection: Connection) -> None:
    add_random_chunks(connection, PAYS_FROM, clusters=40)
    exact = [nearest(connection, one)[:8] for one in vectors(connection, 50)]
    tend_until_tuned(connection)
    found = [nearest(connection, one)[:8] for one in vectors(connection, 50)]

    assert sum(len(set(some) & set(all_)) for some, all_ in zip(found, exact, strict=True)) >= 0.98 * 50 * 8


def test_what_is_tuned_is_the_new_index_though_the_old_one_had_more_lists(connection: Connection) -> None:
    source = add_random_chunks(connection, 3 * PAYS_FROM)
    tend_until_tuned(connection)
    remove_source(connection, source)
    add_random_chunks(connection, PAYS_FROM, clusters=40)
    before = index_scans(connection, f"{SEED}_1")
    tend_until_tuned(connection)

    assert index_scans(connection, f"{SEED}_1") in (before, 0)  # 0 once it is gone
    assert index_scans(connection, f"{SEED}_2") > 0


def test_an_index_is_tuned_once(connection: Connection) -> None:
    add_random_chunks(connection, PAYS_FROM)
    tend_until_tuned(connection)
    before = index_scans(connection, f"{SEED}_1")
    tend(connection)

    assert index_scans(connection, f"{SEED}_1") == before


def test_between_builds_nothing_is_done_but_the_old_index_dropped(connection: Connection) -> None:
    add_random_chunks(connection, PAYS_FROM)
    tend(connection)
    add_random_chunks(connection, PAYS_FROM - 1)

    tend_until_dropped(connection)
    assert [tend(connection)[what] for what in ("index_built", "indexes_dropped")] == [False, 0]
    assert indexes(connection) == [f"{SEED}_1"]


def test_it_is_built_anew_when_the_chunks_have_doubled(connection: Connection) -> None:
    add_random_chunks(connection, PAYS_FROM)
    tend(connection)
    add_random_chunks(connection, PAYS_FROM)

    assert tend(connection)["index_built"] is True
    assert nearest(connection, axis(0))
    assert index_scans(connection, f"{SEED}_2") == 1
    tend_until_dropped(connection)
    assert indexes(connection) == [f"{SEED}_2"]


def test_searches_are_exact_again_when_most_chunks_are_gone(connection: Connection) -> None:
    source = add_random_chunks(connection, PAYS_FROM)
    tend(connection)
    remove_source(connection, source)
    add_random_chunks(connection, 10)
    tend(connection)

    assert len(nearest(connection, axis(0))) == 10
    assert index_scans(connection) == 0


def test_an_index_of_another_models_vectors_is_not_gone_by(connection: Connection) -> None:
    add_random_chunks(connection, PAYS_FROM, model="old")
    tend(connection)
    connection.execute("update ai_kb_docs set embedding_model = 'm'")

    assert len(nearest(connection, axis(0))) == 40
    assert index_scans(connection) == 0
    assert tend(connection)["index_built"] is True


def test_chunks_of_one_model_are_found_among_many_of_another(connection: Connection) -> None:
    add_chunks(connection, {f"mine {number}": axis(number) for number in range(50)}, model="m")
    add_random_chunks(connection, PAYS_FROM, model="other")
    tend(connection)
    tend_until_dropped(connection)
    connection.execute("update private.vector_index set embedding_model = 'm'")

    assert nearest(connection, axis(7))[0] == "mine 7"
    assert len(nearest(connection, axis(7))) == 40


def test_while_an_index_is_built_searches_go_on_and_writers_wait(database_url: str, other: Connection) -> None:
    with psycopg.connect(database_url) as builder:
        add_random_chunks(builder, PAYS_FROM)
        builder.commit()
        assert tend(builder)["index_built"] is True

        assert len(nearest(other, axis(0))) == 40
        with pytest.raises(psycopg.errors.LockNotAvailable):
            add_chunks(other, {"late": axis(0)})


def test_an_old_index_that_is_searched_is_dropped_another_time(database_url: str, other: Connection) -> None:
    with psycopg.connect(database_url, autocommit=True) as keeper:
        add_random_chunks(keeper, PAYS_FROM)
        tend(keeper)
        nearest(other, axis(0))  # in a transaction that is still open

        assert tend(keeper)["indexes_dropped"] == 0
        other.rollback()
        tend_until_dropped(keeper)
        assert indexes(keeper) == [f"{SEED}_1"]


def test_nothing_is_built_while_somebody_writes(database_url: str, other: Connection) -> None:
    with psycopg.connect(database_url, autocommit=True) as keeper:
        add_random_chunks(keeper, PAYS_FROM)
        add_chunks(other, {"under way": axis(0)})

        assert tend(keeper)["index_built"] is False
        other.rollback()
        assert tend(keeper)["index_built"] is True


def test_of_two_at_once_one_does_nothing(database_url: str, other: Connection) -> None:
    with psycopg.connect(database_url) as first:
        assert tend(first)["busy"] is False
        assert tend(other) == {"busy": True}


def test_it_is_for_the_service_to_call(connection: Connection) -> None:
    for role, may in (("service_role", True), ("authenticated", False), ("anon", False)):
        with acting_as(connection, role):
            assert allowed(connection, "select maintain_index()") is may


@pytest.mark.parametrize("table", ["chunk_words", "word_counts", "word_count_changes", "vector_index"])
@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_nobody_reads_the_index_itself(connection: Connection, role: str, table: str) -> None:
    add_chunks(connection, {"A deload week": axis(0)})
    with acting_as(connection, role):
        assert not allowed(connection, f"select 1 from private.{table}")


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_nobody_searches_but_through_the_backends_functions(connection: Connection, role: str) -> None:
    with acting_as(connection, role):
        assert not allowed(connection, "select 1 from private.search_hybrid('deload', null, 'm', 5, 0.5)")


def test_every_table_of_the_index_has_row_level_security(connection: Connection) -> None:
    rows = connection.execute(
        "select relname from pg_class where relnamespace = 'private'::regnamespace and relkind = 'r' "
        "and relname in ('chunk_words', 'word_counts', 'word_count_changes', 'vector_index') and not relrowsecurity"
    ).fetchall()

    assert rows == []
