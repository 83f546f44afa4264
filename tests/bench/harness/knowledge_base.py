"""Chunks put straight into the knowledge base of a database, and searches of it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from psycopg.types.json import Jsonb

from infra.local.demo.knowledge import questions_of, text_of
from infra.local.offline_models.embeddings import BATCH, MAX_PIECES, MiniLM, padded
from infra.local.offline_models.embeddings import MODEL as OFFLINE_MODEL
from shared.knowledge.chunks import chunk_markdown, spoken
from shared.knowledge.units import Sizes
from tests.bench.harness.synthetic import DIMENSIONS, Chunk
from tests.support.database.actors import Connection

MODEL = "bench"
SIZES = Sizes.for_model(OFFLINE_MODEL)
STORED_AT_ONCE = 500  # chunks of one source
INSERT = """
    insert into ai_kb_docs (source_id, source, chunk_index, content, embedding, embedding_model, token_count, metadata)
    select %s, %s, i - 1, c, e::extensions.vector, %s, 500, %s
    from unnest(%s::text[], %s::text[]) with ordinality as u (c, e, i)
"""
INSERT_QUESTIONS = """
    insert into private.questions (source_id, content, embedding, embedding_model)
    select %s, c, e::extensions.vector, %s from unnest(%s::text[], %s::text[]) as u (c, e)
"""
Vector = NDArray[np.float32]


def embed(model: MiniLM, texts: Sequence[str]) -> Vector:
    """Their vectors as the offline models serve them, `(len(texts), 512)`."""
    cut = [pieces[:MAX_PIECES] for pieces in model.read(texts)]
    batches = [model.vectors(cut[at : at + BATCH]) for at in range(0, len(cut), BATCH)]
    return padded(np.concatenate(batches), DIMENSIONS)


def literal(vector: Vector) -> str:
    """As pgvector reads it."""
    return "[" + ",".join(f"{value:.6f}" for value in vector) + "]"


def ingest(connection: Connection, embedder: MiniLM, paths: Sequence[Path], *, model: str = MODEL) -> None:
    """The shipped documents, cut as an ingestion cuts them."""
    for path in paths:
        title, cut = chunk_markdown(text_of(path), path.name, SIZES)
        texts = [chunk.content for chunk in cut]
        chunks = map(Chunk, texts, embed(embedder, [*map(spoken, texts)]))
        questions = [Chunk(text, vector) for text, vector in embedded(embedder, questions_of(path))]
        store(connection, chunks, questions, title=title, name=path.name, model=model)


def embedded(embedder: MiniLM, texts: Sequence[str]) -> Iterable[tuple[str, Vector]]:
    return zip(texts, embed(embedder, texts), strict=True) if texts else []


def store(
    connection: Connection,
    chunks: Iterable[Chunk],
    questions: Sequence[Chunk] = (),
    *,
    title: str = "Bench",
    name: str = "",
    model: str = MODEL,
) -> None:
    """Store chunks and questions as one source, in one transaction, as an ingestion does."""
    source, parts = uuid4(), list(chunks)
    name = name or str(source)
    with connection.transaction():
        connection.execute(
            "insert into ai_kb_sources (id, source, title, content_sha256, embedding_model) "
            "values (%s, %s, %s, repeat('a', 64), %s)",
            (source, name, title, model),
        )
        contents, vectors = [part.content for part in parts], [literal(part.vector) for part in parts]
        metadata = Jsonb({"title": title, "heading": "", "version": 1, "language": "english"})
        connection.execute(INSERT, (source, name, model, metadata, contents, vectors))
        asked, vectors = [each.content for each in questions], [literal(each.vector) for each in questions]
        connection.execute(INSERT_QUESTIONS, (source, model, asked, vectors))
