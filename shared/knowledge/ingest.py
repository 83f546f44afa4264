"""Takes a document into the knowledge base."""

import hashlib
from typing import Any

from pydantic import BaseModel

from shared.database.client import Database
from shared.knowledge.chunks import Chunk, chunk_markdown
from shared.knowledge.objects import NewObject, read_text
from shared.llm import embeddings
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.errors import InvalidRequestError
from shared.platform.observability import logger

KEEP_FOR_STORING = 5.0  # seconds


class StoredSource(BaseModel):
    """A source as it is served now. `stored` is false when nothing changed: same text, or an event out of order."""

    source: str
    version: int
    chunk_count: int
    stored: bool


def ingest_text(
    database: Database,
    source: str,
    text: str,
    deadline: Deadline,
    *,
    title: str = "",
    sequencer: str | None = None,
) -> StoredSource:
    """Chunk, embed and store a Markdown or plain text; text that is stored already is not paid for again.

    Raises InvalidRequestError (no_text), UnavailableError.
    """
    digest = hashlib.sha256(f"{title}\n{text}".encode()).hexdigest()
    model = settings.load(settings.ModelSettings).embedding_model
    known = database.rpc("source_state", p_source=source)
    if known and (known["content_sha256"], known["embedding_model"]) == (digest, model):
        return StoredSource(**{**known, "stored": False})

    document = chunk_markdown(text, fallback_title=title or source.rpartition("/")[2])
    if not document.chunks:
        raise InvalidRequestError("The document has no text.", code="no_text")
    embedded = embeddings.embed([chunk.content for chunk in document.chunks], deadline, keep=KEEP_FOR_STORING)
    stored = database.rpc(
        "store_source",
        p_source=source,
        p_title=title or document.title,
        p_content_sha256=digest,
        p_embedding_model=embedded.model,
        p_chunks=[_row(*pair) for pair in zip(document.chunks, embedded.vectors, strict=True)],
        p_sequencer=sequencer,
    )
    return StoredSource.model_validate(stored)


def ingest_object(database: Database, item: NewObject, deadline: Deadline) -> None:
    """Take a new object in. One that can never be read is logged and done with: trying again would not mend it."""
    try:
        stored = ingest_text(database, item.key, read_text(item), deadline, sequencer=item.sequencer)
    except InvalidRequestError as error:
        logger.error("not ingested", source=item.key, code=error.reason)
    else:
        logger.info("ingested", source=item.key, version=stored.version, chunks=stored.chunk_count)


def _row(chunk: Chunk, vector: list[float]) -> dict[str, Any]:
    return {
        "content": chunk.content,
        "heading": chunk.heading,
        "token_count": chunk.token_count,
        "embedding": vector,
    }
