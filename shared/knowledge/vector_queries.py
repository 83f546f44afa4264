"""What the database keeps of embeddings. Each raises UnavailableError where it does not answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.database.client import Database


def literal(vector: Sequence[float]) -> str:
    """As pgvector reads it: nine digits are all that four bytes hold, half of what JSON would write."""
    return f"[{','.join(f'{number:.9g}' for number in vector)}]"


def serving_model(database: Database) -> str | None:
    """The model that the stored chunks are embedded with; None before the first."""
    model: str | None = database.rpc("serving_model")
    return model


def set_serving_model(database: Database, embedding_model: str) -> bool:
    """Switch to a model, and say whether that was done: not while a chunk has no vector of it."""
    return bool(database.rpc("set_serving_model", p_embedding_model=embedding_model))


def missing_embeddings(database: Database, embedding_model: str, hashes: Sequence[str]) -> frozenset[str]:
    """Which of these contents, by their SHA-256, have no vector of a model yet."""
    return frozenset(database.rpc("missing_embeddings", p_embedding_model=embedding_model, p_hashes=list(hashes)))


def keep_embeddings(database: Database, embedding_model: str, vectors: Mapping[str, Sequence[float]]) -> None:
    """Keep the vectors of contents, by their SHA-256. Safe to repeat."""
    rows = [{"content_sha256": name, "embedding": literal(vector)} for name, vector in vectors.items()]
    database.rpc("keep_embeddings", p_embedding_model=embedding_model, p_rows=rows)


def contents_without_embedding(database: Database, embedding_model: str, limit: int) -> list[str]:
    """Contents of stored chunks that a model has not embedded yet, each once, at most `limit`."""
    contents: list[str] = database.rpc("contents_without_embedding", p_embedding_model=embedding_model, p_limit=limit)
    return contents


def prune_embeddings(database: Database, before: datetime) -> int:
    """Forget vectors kept before a time for documents that never were stored, and count them."""
    return int(database.rpc("prune_embeddings", p_before=before.isoformat()))
