"""Vectors of chunks, each paid for once: they are kept as they come, and what is kept or served is not asked for."""

import hashlib
from collections.abc import Iterable, Sequence

from shared.database.client import Database
from shared.llm import embeddings
from shared.platform.deadline import Deadline

KEEP_FOR_STORING = 10.0  # seconds


def ensure_vectors(database: Database, contents: Iterable[str], model: str, deadline: Deadline) -> None:
    """Have the database hold a vector for each content. Raises UnavailableError; what came until then is kept."""
    by_hash = {hashlib.sha256(content.encode()).hexdigest(): content for content in contents}
    missing = database.rpc("missing_embeddings", p_embedding_model=model, p_hashes=list(by_hash))
    embed_and_keep(database, [(name, by_hash[name]) for name in by_hash if name in set(missing)], model, deadline)


def embed_and_keep(database: Database, contents: Sequence[tuple[str, str]], model: str, deadline: Deadline) -> None:
    """Embed contents that come with their hashes."""
    hashes = iter([name for name, _ in contents])
    texts = [content for _, content in contents]
    for embedded in embeddings.embed_patiently(texts, deadline, KEEP_FOR_STORING, model):
        rows = [{"content_sha256": next(hashes), "embedding": _literal(vector)} for vector in embedded.vectors]
        database.rpc("keep_embeddings", p_embedding_model=model, p_rows=rows)


def _literal(vector: Sequence[float]) -> str:
    """As pgvector reads it: nine digits are all that four bytes hold, half of what JSON would write."""
    return f"[{','.join(f'{number:.9g}' for number in vector)}]"
