"""What the knowledge base asks the database, and what it answers. Each raises UnavailableError where it does not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from pydantic import AliasPath, BaseModel, BeforeValidator, Field

from shared.database.client import Database
from shared.database.paging import Position, after
from shared.knowledge.formats.document import REASONS, Omission
from shared.knowledge.questions import goes_on
from shared.knowledge.vector_queries import literal
from shared.platform.text import JsonObject

if TYPE_CHECKING:
    from shared.knowledge.chunks import Chunk
    from shared.knowledge.detection import Format
    from shared.knowledge.objects import ObjectEvent
    from shared.llm.embeddings import Embeddings

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
    provenance: JsonObject = field(default_factory=dict)  # as shared.knowledge.front_matter has it
    omissions: Sequence[Omission] = ()
    questions: Sequence[str] = ()
    waits_for_ocr: bool = False  # pages that are pictures, for which only the queue has time


class Failure(BaseModel, frozen=True):
    code: str
    message: str


def _failure(code: str | None) -> Failure | None:
    if code is None:
        return None
    return Failure(code=code, message=REASONS.get(code, "It did not work this time and is tried again."))


def _is_claimed(until: str | None) -> bool:
    return until is not None and datetime.fromisoformat(until) > datetime.now(UTC)


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
    warnings: list[Omission] = Field(description="What of the document that is served was not read, or not for sure.")
    is_worked_on: Annotated[bool, BeforeValidator(_is_claimed)] = Field(
        validation_alias="claimed_until", description="Somebody reads it just now. Pending and not: it waits."
    )
    error: Annotated[Failure | None, BeforeValidator(_failure)] = Field(None, validation_alias="error_code")
    reviewed_on: date | None
    reviewed_by: str | None
    sources: list[str]
    questions: list[str] = Field(description="Which the document says it answers: it is found by these too.")
    created_at: datetime
    updated_at: datetime


LISTED = ", ".join(str(field.validation_alias or name) for name, field in ListedDocument.model_fields.items())


def list_sources(
    database: Database, status: Status | None, source: str | None, limit: int, position: Position | None
) -> list[ListedDocument]:
    """At most `limit` sources behind a position, the last touched first; deleted ones only when asked for."""
    query = database.table("ai_kb_sources").select(LISTED)
    query = query.eq("source", source) if source else query
    query = query.eq("status", status) if status else query.neq("status", "deleted")
    rows = database.run(after(query, "updated_at", position).limit(limit))
    return [ListedDocument.model_validate(row) for row in rows]


class StoredChunk(BaseModel, frozen=True):
    """A part of a document as the coach finds it."""

    id: UUID
    chunk_index: int
    heading: str | None = Field(None, validation_alias=AliasPath("metadata", "heading"))
    language: str = Field("simple", validation_alias=AliasPath("metadata", "language"))
    content: str
    token_count: int
    embedding_model: str


CHUNK = "id, chunk_index, metadata, content, token_count, embedding_model"


def list_chunks(database: Database, source_id: UUID, first: int, limit: int) -> list[StoredChunk] | None:
    """At most `limit` chunks of a source, from the one of that index on; None where there is no such source."""
    query = database.table("ai_kb_docs").select(CHUNK).eq("source_id", str(source_id))
    rows = database.run(query.gte("chunk_index", first).order("chunk_index").limit(limit))
    if not rows and source_name(database, source_id) is None:
        return None
    return [StoredChunk.model_validate(row) for row in rows]


def source_name(database: Database, source_id: UUID) -> str | None:
    """The name of a source, None where there is none."""
    rows = database.run(database.table("ai_kb_sources").select("source").eq("id", str(source_id)))
    return str(rows[0]["source"]) if rows else None


def delete_source(database: Database, source_id: UUID) -> None:
    """Delete a source's chunks. Safe to repeat."""
    database.rpc("delete_source", p_id=str(source_id))


def claim_source(
    database: Database, source: str, claim: str, lease_seconds: int, event: "ObjectEvent | None"
) -> ClaimedSource:
    """Claim a source under a name that nobody else has; without an event, for an operator."""
    found = database.rpc(
        "claim_source",
        p_source=source,
        p_claim=claim,
        p_lease_seconds=lease_seconds,
        p_sequencer=event and event.sequencer,
        p_is_removal=bool(event and event.is_removal),
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
        p_provenance=version.provenance,
        p_warnings=[vars(omission) for omission in version.omissions],
        p_questions=list(version.questions),
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
    reviewed_on: date | None = Field(None, description="When the document was last held against its sources.")
    content: str
    score: float = Field(description="Cosine similarity to the query.")
    rank_score: float = Field(description="Reciprocal rank fusion of meaning and words; the list is in this order.")


def passages_named(database: Database, names: Sequence[str]) -> list[Passage]:
    """Those whose ids begin so, as agents of rooms name them. Raises UnavailableError."""
    return [Passage.model_validate(row) for row in database.rpc("passages_named", p_names=list(names))]


def search_knowledge(
    database: Database, searched: Sequence[str], embedded: "Embeddings", limit: int, min_score: float
) -> list[Passage]:
    """At most `limit` passages of that cosine similarity or more, the best first.

    What is searched: a query, and if it may go on from another one the two together; `embedded` has their vectors.
    """
    query, context, *_ = [*searched, None]
    vector, context_vector, *_ = [*map(literal, embedded.vectors), None]
    rows = database.rpc(
        "search_knowledge",
        p_query=query,
        p_embedding=vector,
        p_embedding_model=embedded.model,
        p_limit=limit,
        p_min_score=min_score,
        p_context=context,
        p_context_embedding=context_vector,
        p_goes_on=goes_on(searched[0]),
    )
    return [Passage.model_validate(row) for row in rows]
