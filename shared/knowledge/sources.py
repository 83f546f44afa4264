"""Documents as the knowledge base knows them: a source, the version of it that is to be served, a passage of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints

from shared.knowledge.unreadable import REASONS
from shared.platform.text import NoNul

if TYPE_CHECKING:
    from shared.knowledge.chunks import Chunk
    from shared.knowledge.formats.sniff import Format

Status = Literal["pending", "ready", "failed", "deleted"]
LONGEST_KEY = 1024  # bytes, of S3


def _as_key(source: str) -> str:
    if len(source.encode()) > LONGEST_KEY:
        raise ValueError("longer than 1,024 bytes")
    return source


SourceName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(_as_key), NoNul
]


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
    """A source that was taken up, or why it was not. `serving_model` is None before the first chunk is stored."""

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
