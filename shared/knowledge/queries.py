"""What the knowledge base asks the database, and what it answers. Each raises UnavailableError where it does not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field

from shared.database.client import Database
from shared.database.paging import Position, after
from shared.knowledge.formats.document import REASONS

if TYPE_CHECKING:
    from shared.knowledge.chunks import Chunk
    from shared.knowledge.reader import Format

Status = Literal["pending", "ready", "failed", "deleted"]


# ------------------------------------------------------------------------------------------------------------ sources
class SourceFacts(BaseModel, frozen=True):
    """A source as the database answers with it. `version`, `chunk_count` and digest are of what is served."""

    id: UUID
    source: str
    status: Status
    version: int
    chunk_count: int
    content_sha256: str | None
    in_bucket: bool


class ClaimedSource(SourceFacts, frozen=True):
    """A source that was claimed, or why it was not. `serving_model` is None before the first chunk is stored."""

    outcome: Literal["claimed", "stale", "duplicate", "busy"]
    serving_model: str | None


class StoredVersion(SourceFacts, frozen=True):
    """`stored` is false when the claim was lost, and nothing changed."""

    stored: bool


@dataclass(frozen=True)
class NewVersion:
    """A document, read and cut into chunks: what is to be served of its source from now on."""

    title: str
    format: "Format"
    byte_size: int
    chunks: "list[Chunk]"
    digest: str


class Failure(BaseModel, frozen=True):
    code: str
    message: str


def _failure(code: str | None) -> Failure | None:
    if code is None:
        return None
    return Failure(code=code, message=REASONS.get(code, "It did not work this time and is tried again."))


class ListedDocument(BaseModel, frozen=True):
    """`version`, `chunk_count` and `title` are of what is served, while a newer version is pending or has failed."""

    id: UUID
    source: str
    title: str
    status: Status
    version: int
    chunk_count: int
    format: str | None
    byte_size: int | None
    embedding_model: str | None
    error: Annotated[Failure | None, BeforeValidator(_failure)] = Field(None, validation_alias="error_code")
    created_at: datetime
    updated_at: datetime


LISTED = ", ".join(str(field.validation_alias or name) for name, field in ListedDocument.model_fields.items())


def list_sources(
    database: Database, status: Status | None, limit: int, position: Position | None
) -> list[ListedDocument]:
    """At most `limit` sources behind a position, the last touched first; deleted ones only when asked for."""
    query = database.table("ai_kb_sources").select(LISTED)
    query = query.eq("status", status) if status else query.neq("status", "deleted")
    rows = database.run(after(query, "updated_at", position).limit(limit))
    return [ListedDocument.model_validate(row) for row in rows]


def source_name(database: Database, source_id: UUID) -> str | None:
    """The name of a source, None where there is none."""
    rows = database.run(database.table("ai_kb_sources").select("source").eq("id", str(source_id)))
    return str(rows[0]["source"]) if rows else None


def delete_source(database: Database, source_id: UUID) -> None:
    """Delete a source's chunks. Safe to repeat."""
    database.rpc("delete_source", p_id=str(source_id))


def claim_source(
    database: Database, source: str, claim: str, lease_seconds: int, sequencer: str | None
) -> ClaimedSource:
    """Claim a source under a name that nobody else has; without a sequencer, for an operator."""
    found = database.rpc(
        "claim_source", p_source=source, p_claim=claim, p_lease_seconds=lease_seconds, p_sequencer=sequencer
    )
    return ClaimedSource.model_validate(found)


def settle_source(database: Database, source: str, claim: str, status: Status, error_code: str | None) -> None:
    """End the work on a source without a new version; nothing happens when the claim was lost."""
    database.rpc("settle_source", p_source=source, p_claim=claim, p_status=status, p_error_code=error_code)


def store_source(
    database: Database, source: str, claim: str, embedding_model: str, version: NewVersion, *, in_bucket: bool
) -> StoredVersion:
    """Serve a version from now on. Raises ConflictError (embeddings_missing, embedding_model_changed)."""
    stored = database.rpc(
        "store_source",
        p_source=source,
        p_claim=claim,
        p_title=version.title,
        p_content_sha256=version.digest,
        p_embedding_model=embedding_model,
        p_chunks=[vars(chunk) for chunk in version.chunks],
        p_format=version.format,
        p_byte_size=version.byte_size,
        p_in_bucket=in_bucket,
    )
    return StoredVersion.model_validate(stored)


# ------------------------------------------------------------------------------------------------------------- search
class Passage(BaseModel, frozen=True):
    """A chunk of a document, with where it is from."""

    chunk_id: UUID
    source: str
    title: str
    heading: str | None
    version: int
    content: str
    score: float = Field(description="Cosine similarity to the query.")
    rank_score: float = Field(description="Reciprocal rank fusion of meaning and words; the list is in this order.")


def search_knowledge(
    database: Database, query: str, embedding: Sequence[float], embedding_model: str, limit: int, min_score: float
) -> list[Passage]:
    """At most `limit` passages of that cosine similarity or more, the best first."""
    rows = database.rpc(
        "search_knowledge",
        p_query=query,
        p_embedding=embedding,
        p_embedding_model=embedding_model,
        p_limit=limit,
        p_min_score=min_score,
    )
    return [Passage.model_validate(row) for row in rows]


# ------------------------------------------------------------------------------------------------------------ vectors
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
    rows = [{"content_sha256": name, "embedding": _literal(vector)} for name, vector in vectors.items()]
    database.rpc("keep_embeddings", p_embedding_model=embedding_model, p_rows=rows)


def contents_without_embedding(database: Database, embedding_model: str, limit: int) -> list[str]:
    """Contents of stored chunks that a model has not embedded yet, each once, at most `limit`."""
    contents: list[str] = database.rpc("contents_without_embedding", p_embedding_model=embedding_model, p_limit=limit)
    return contents


def prune_embeddings(database: Database, before: datetime) -> int:
    """Forget vectors kept before a time for documents that never were stored, and count them."""
    return int(database.rpc("prune_embeddings", p_before=before.isoformat()))


def _literal(vector: Sequence[float]) -> str:
    """As pgvector reads it: nine digits are all that four bytes hold, half of what JSON would write."""
    return f"[{','.join(f'{number:.9g}' for number in vector)}]"
