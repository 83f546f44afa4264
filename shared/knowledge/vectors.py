"""Vectors of chunks, each paid for once: they are kept as they come, and what is kept or served is not asked for."""

import hashlib
from collections.abc import Iterable, Sequence

from shared.database.client import Database
from shared.knowledge import queries
from shared.llm import embeddings
from shared.platform.deadline import Deadline

KEEP_FOR_STORING = 10.0  # seconds


def ensure_vectors(database: Database, contents: Iterable[str], model: str, deadline: Deadline) -> None:
    """Have the database hold a vector for each content. Raises UnavailableError; what came until then is kept."""
    by_hash = {content_hash(content): content for content in contents}
    missing = queries.missing_embeddings(database, model, list(by_hash))
    embed_and_keep(database, [content for name, content in by_hash.items() if name in missing], model, deadline)


def embed_and_keep(database: Database, contents: Sequence[str], model: str, deadline: Deadline) -> None:
    """Embed contents, each given once, and keep the vectors as they come. Raises UnavailableError."""
    hashes = map(content_hash, contents)
    for embedded in embeddings.embed_patiently(contents, deadline, KEEP_FOR_STORING, model):
        queries.keep_embeddings(database, model, {next(hashes): vector for vector in embedded.vectors})


def content_hash(content: str) -> str:
    """By which the database knows a content."""
    return hashlib.sha256(content.encode()).hexdigest()
