"""store_source replaces a source whole; search_passages finds what is near, within one model."""

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.database.actors import Connection


def axis(number: int) -> list[float]:
    """The unit vector along one of the 512 dimensions."""
    return [1.0 if index == number else 0.0 for index in range(512)]


def store(
    connection: Connection, source: str, axes: list[int], *, sequencer: str | None = None, model: str = "m"
) -> dict[str, Any]:
    chunks = [
        {"content": f"chunk {number}", "heading": "H", "token_count": 2, "embedding": axis(number)} for number in axes
    ]
    row = connection.execute(
        "select store_source(%s, 'Title', %s, %s, %s, %s)", (source, "a" * 64, model, Jsonb(chunks), sequencer)
    ).fetchone()
    assert row is not None
    result: dict[str, Any] = row[0]
    return result


def found(connection: Connection, vector: list[float], model: str = "m", floor: float = 0.5) -> list[str]:
    rows = connection.execute(
        "select content from private.search_passages(%s::real[]::extensions.vector, %s, 3, %s)", (vector, model, floor)
    ).fetchall()
    return [row[0] for row in rows]


def test_the_nearest_chunk_is_found_and_those_under_the_floor_are_not(connection: Connection) -> None:
    store(connection, "a.md", [0, 1])

    assert found(connection, axis(1)) == ["chunk 1"]


def test_vectors_of_another_model_are_never_compared(connection: Connection) -> None:
    store(connection, "a.md", [1])

    assert found(connection, axis(1), model="other") == []


def test_a_new_version_replaces_all_chunks_of_the_old_one(connection: Connection) -> None:
    store(connection, "a.md", [0, 1, 2])

    assert store(connection, "a.md", [3]) == {"source": "a.md", "version": 2, "chunk_count": 1, "stored": True}
    assert connection.execute("select content from ai_kb_docs").fetchall() == [("chunk 3",)]


@pytest.mark.parametrize(("first", "second", "stored"), [("0A", "0B", True), ("0B", "0A", False), ("0B", "0B01", True)])
def test_the_newest_event_of_an_object_wins(connection: Connection, first: str, second: str, stored: bool) -> None:
    store(connection, "a.md", [0], sequencer=first)

    assert store(connection, "a.md", [1], sequencer=second)["stored"] is stored
    assert connection.execute("select content from ai_kb_docs").fetchall() == [(f"chunk {int(stored)}",)]


def test_a_search_misses_nothing_although_the_index_was_made_empty(connection: Connection) -> None:
    store(connection, "a.md", list(range(200)))

    assert all(found(connection, axis(number)) == [f"chunk {number}"] for number in range(200))
