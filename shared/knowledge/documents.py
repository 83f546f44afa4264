"""Documents that operators give: a text, or an object that is in the bucket."""

import uuid
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.database.client import Database
from shared.knowledge import objects
from shared.knowledge.ingest import cut, store
from shared.knowledge.sources import NewVersion, SourceFacts, SourceName, Status
from shared.knowledge.work import Work, settled
from shared.platform.deadline import Deadline
from shared.platform.errors import NotFoundError
from shared.platform.text import NoNul

EMBEDDED_AT_ONCE = 50  # chunks: what 30 s are enough for

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), NoNul]
# About 4,000 chunks; what a request to Lambda may have is 6 MB.
Text = Annotated[str, StringConstraints(min_length=1, max_length=5_000_000), NoNul]


class NewDocument(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"source": "deload.md", "text": "# Deloads\n\nA planned easy week."}},
    )

    source: SourceName = Field(description="The document's name, or the key of an object in the bucket.")
    text: Text | None = Field(None, description="Left out, the object of that key is read.")
    title: Title | None = Field(None, description="Left out, the document's own, its first heading, or its name.")


class StoredSource(BaseModel):
    """`stored` is false when nothing changed; with 202 the source is pending, and the list says what becomes of it."""

    id: UUID | None
    source: str
    status: Status
    version: int
    chunk_count: int
    stored: bool


def take_document(database: Database, body: NewDocument, deadline: Deadline) -> StoredSource:
    """Store a text, or an object of the bucket: at once where it is short, else by way of the queue (status pending).

    Raises UnreadableError, NotFoundError, UnavailableError.
    """
    if body.text is None:
        found = objects.read_object(objects.bucket(), body.source)
        if found is None:
            raise NotFoundError("There is no such object in the bucket.", code="object_not_found")
        data, title = found.data, body.title or found.title
    else:
        data, title = body.text.encode(), body.title or ""
    version = cut(data, body.source, title, deadline)
    if len(version.chunks) <= EMBEDDED_AT_ONCE:
        return _store_now(database, body.source, version, deadline, in_bucket=body.text is None)
    if body.text is None:
        objects.announce(body.source)
    else:
        objects.put_text(body.source, body.text, title)
    return StoredSource(id=None, source=body.source, status="pending", version=0, chunk_count=0, stored=False)


def _store_now(
    database: Database, source: str, version: NewVersion, deadline: Deadline, *, in_bucket: bool
) -> StoredSource:
    work = Work.claim(database, source, f"operator {uuid.uuid4()}", deadline)
    with settled(work):
        if work.facts.content_sha256 == version.digest:
            work.settle("ready")
            return _shown(work.facts, stored=False)
        stored = store(work, version, deadline, in_bucket=in_bucket)
        return _shown(stored, stored=stored.stored)


def _shown(facts: SourceFacts, *, stored: bool) -> StoredSource:
    named = facts.model_dump(include={"id", "source", "version", "chunk_count"})
    return StoredSource(**named, status=facts.status, stored=stored)
