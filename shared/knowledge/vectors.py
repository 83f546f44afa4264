"""Vectors of chunks, each paid for once: they are kept as they come, and what is kept or served is not asked for."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from shared.database.client import Database
from shared.knowledge import vector_queries as queries
from shared.knowledge.chunks import spoken
from shared.llm import embeddings
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.observability import logger

STORING_SECONDS = 10.0  # that must be left when the vectors have come
LOOKED_UP_AT_ONCE = 256  # chunks
KEPT_FOR = timedelta(days=7)  # what an ingestion left behind that never came to its end


def ensure_vectors(database: Database, contents: Iterable[str], model: str, deadline: Deadline) -> None:
    """Have the database hold a vector for each content. Raises UnavailableError; what came until then is kept."""
    by_hash = {content_hash(content): content for content in contents}
    missing = queries.missing_embeddings(database, model, list(by_hash))
    embed_and_keep(database, [content for name, content in by_hash.items() if name in missing], model, deadline)


def embed_and_keep(database: Database, contents: Sequence[str], model: str, deadline: Deadline) -> None:
    """Embed contents, each given once, and keep the vectors as they come. Raises UnavailableError."""
    hashes = map(content_hash, contents)
    for embedded in embeddings.embed_patiently(list(map(spoken, contents)), deadline, STORING_SECONDS, model):
        queries.keep_embeddings(database, model, {next(hashes): vector for vector in embedded.vectors})


def content_hash(content: str) -> str:
    """By which the database knows a content."""
    return hashlib.sha256(content.encode()).hexdigest()


def maintain_vectors(database: Database, deadline: Deadline) -> dict[str, str | int | None]:
    """Drop vectors that were never used, and go on with a change of the embedding model as far as the time allows.

    The new model's vectors are collected while the old one's are served; once every chunk has one, they are switched.
    Safe to run twice, late or never. Returns what was done; `serving_model` is None before the first chunk is stored.
    Raises UnavailableError; what was paid for until then is kept.
    """
    wanted = settings.load(settings.ModelSettings).embedding_model
    pruned = queries.prune_embeddings(database, datetime.now(UTC) - KEPT_FOR)
    serving = queries.serving_model(database)
    embedded = 0
    while serving not in (None, wanted) and deadline.remaining() > 2 * STORING_SECONDS:
        contents = queries.contents_without_embedding(database, wanted, LOOKED_UP_AT_ONCE)
        embed_and_keep(database, contents, wanted, deadline)
        embedded += len(contents)
        if not contents and queries.set_serving_model(database, wanted):
            serving = wanted
    done = {"serving_model": serving, "wanted_model": wanted, "embedded": embedded, "pruned": pruned}
    logger.info("vectors maintained", extra=done)
    return done
