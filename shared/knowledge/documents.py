"""Documents as operators give and see them: a text, an object of the bucket, or an upload straight into it."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from shared.database.client import Database
from shared.knowledge import objects, queries
from shared.knowledge.formats.document import MAX_BYTES
from shared.knowledge.queries import Status
from shared.platform.aws_signature import bucket_url, presigned_form
from shared.platform.errors import NotFoundError
from shared.platform.request_body import RequestBody
from shared.platform.text import NoNul

UPLOAD_WITHIN = timedelta(minutes=15)


def _as_key(source: str) -> str:
    if len(source.encode()) > 1024:  # as S3 has it
        raise ValueError("longer than 1,024 bytes")
    return source


# S3's own lists are XML, which knows no control characters.
SourceName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$"),
    AfterValidator(_as_key),
]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), NoNul]
# About 4,000 chunks; what a request to Lambda may have is 6 MB, of other than Latin letters two or three bytes each.
Text = Annotated[str, StringConstraints(min_length=1, max_length=5_000_000), NoNul]
ContentType = Literal[
    "text/markdown",
    "text/plain",
    "text/html",
    "text/csv",
    "application/pdf",
    "application/epub+zip",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
]


class NewDocument(RequestBody):
    model_config = ConfigDict(
        json_schema_extra={"example": {"source": "deload.md", "text": "# Deloads\n\nA planned easy week."}},
    )

    source: SourceName = Field(description="The document's name, or the key of an object in the bucket.")
    text: Text | None = Field(
        None,
        description="Left out, the object of that key is read. A request of more than 6 MB is refused (413): "
        "larger documents are uploaded.",
    )
    title: Title | None = Field(None, description="Left out, the document's own, its first heading, or its name.")


class StoredSource(BaseModel):
    """`stored` is false when nothing changed; with 202 the source is pending, and the list says what becomes of it."""

    id: UUID | None
    source: str
    status: Status
    version: int
    chunk_count: int
    stored: bool


class NewUpload(RequestBody):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {"source": "guides/deload.pdf", "content_type": "application/pdf", "size": 48213}
        },
    )

    source: SourceName
    content_type: ContentType
    size: int = Field(ge=1, le=MAX_BYTES, description="Bytes; a file of another size is refused.")


class Upload(BaseModel):
    """POST a form with these fields and, last, the file as `file` to the URL."""

    url: str
    fields: dict[str, str]
    expires_at: datetime


def presign_upload(body: NewUpload) -> Upload:
    """Let the holder of the answer put one file of just this name, type and size into the bucket, for 15 minutes."""
    expires_at = datetime.now(UTC) + UPLOAD_WITHIN
    fields = {"key": body.source, "Content-Type": body.content_type}
    form = presigned_form(objects.bucket(), fields, body.size, int(UPLOAD_WITHIN.total_seconds()))
    return Upload(url=f"{bucket_url(objects.bucket())}/", fields=form, expires_at=expires_at)


class Chunks(BaseModel):
    items: list[queries.StoredChunk]
    next_first: int | None = Field(description="`first` of the next page.")


def list_chunks(database: Database, source_id: UUID, first: int, limit: int) -> Chunks:
    """The chunks of a document that are served, from the one of that index on. Raises NotFoundError."""
    found = queries.list_chunks(database, source_id, first, limit + 1)
    if found is None:
        raise _document_not_found()
    return Chunks(items=found[:limit], next_first=found[limit].chunk_index if len(found) > limit else None)


def delete_document(database: Database, source_id: UUID) -> None:
    """Delete a document's chunks and its object. Safe to repeat. Raises NotFoundError, UnavailableError."""
    source = queries.source_name(database, source_id)
    if source is None:
        raise _document_not_found()
    # The object first: should the database then fail, the bucket's own event still deletes the rest.
    objects.delete_object(source)
    queries.delete_source(database, source_id)


def _document_not_found() -> NotFoundError:
    return NotFoundError("There is no such document.", code="document_not_found")
