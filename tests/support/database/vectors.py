"""Chunks with vectors that are made up, put into the knowledge base directly."""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from tests.support.database.actors import Connection

DIMENSIONS = 512
INSERT = """
    insert into ai_kb_docs (source_id, source, chunk_index, content, embedding, embedding_model, token_count, metadata)
    values (%s, %s, %s, %s, %s::real[]::extensions.vector, %s, 1, %s)
"""


def axis(number: int) -> list[float]:
    """The unit vector along one of the dimensions."""
    return [1.0 if index == number else 0.0 for index in range(DIMENSIONS)]


def add_source(connection: Connection, model: str = "m") -> UUID:
    source = uuid4()
    connection.execute(
        "insert into ai_kb_sources (id, source, title, content_sha256, embedding_model) "
        "values (%s, %s, 'Title', repeat('a', 64), %s)",
        (source, str(source), model),
    )
    return source


def add_chunks(
    connection: Connection,
    contents: Mapping[str, Sequence[float]],
    *,
    source: UUID | None = None,
    model: str = "m",
    title: str = "",
    heading: str = "",
) -> UUID:
    """Texts with their vectors, as the chunks of one source."""
    source = source or add_source(connection, model)
    metadata = Jsonb({"title": title, "heading": heading, "version": 1})
    with connection.cursor() as cursor:
        cursor.executemany(
            INSERT,
            [
                (source, str(source), number, content, list(vector), model, metadata)
                for number, (content, vector) in enumerate(contents.items())
            ],
        )
    return source


def add_questions(
    connection: Connection, source: UUID, questions: Mapping[str, Sequence[float]], model: str = "m"
) -> None:
    """Questions with their vectors, as those that a source says it answers."""
    for question, vector in questions.items():
        connection.execute(
            "insert into private.questions (source_id, content, embedding, embedding_model) "
            "values (%s, %s, %s::real[]::extensions.vector, %s)",
            (source, question, list(vector), model),
        )


def add_random_chunks(connection: Connection, number: int, *, model: str = "m", clusters: int | None = None) -> UUID:
    """Chunks with a rare word each, made by the server; their vectors are random, or close together in clusters."""
    source = add_source(connection, model)
    connection.execute(
        "insert into ai_kb_docs (source_id, source, chunk_index, content, embedding, embedding_model, token_count) "
        "select %s, %s, i, 'squat ' || md5(i::text), (select array_agg("
        "  case when %s::int is null then random() - 0.5 else (hashint4(j * 1000 + i %% %s::int) %% 100) + random() end"
        ") from generate_series(1, 512 + 0 * i) as j)::extensions.vector, %s, 1 "
        "from generate_series(1, %s) as i",
        (source, str(source), clusters, clusters, model, number),
    )
    return source


def remove_source(connection: Connection, source: UUID) -> None:
    connection.execute("delete from ai_kb_sources where id = %s", (source,))
