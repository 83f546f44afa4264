"""What the knowledge base holds, as operators see it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from shared.database.client import Database
from shared.knowledge import objects
from shared.knowledge.sources import Status
from shared.knowledge.unreadable import REASONS
from shared.platform.errors import NotFoundError
from shared.platform.paging import Position, after


class Failure(BaseModel):
    code: str
    message: str


class ListedDocument(BaseModel):
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
    error: Failure | None = None
    created_at: datetime
    updated_at: datetime


COLUMNS = ", ".join(name for name in ListedDocument.model_fields if name != "error") + ", error_code"


def list_documents(
    database: Database, status: Status | None, limit: int, position: Position | None
) -> list[ListedDocument]:
    """At most `limit` sources behind a position, the last touched first; deleted ones only when asked for."""
    query = database.table("ai_kb_sources").select(COLUMNS)
    query = query.eq("status", status) if status else query.neq("status", "deleted")
    rows = database.run(after(query, "updated_at", position).limit(limit))
    return [ListedDocument.model_validate({**row, "error": _failure(row["error_code"])}) for row in rows]


def _failure(code: str | None) -> Failure | None:
    if code is None:
        return None
    return Failure(code=code, message=REASONS.get(code, "It did not work this time and is tried again."))


def delete_document(database: Database, source_id: UUID) -> None:
    """Delete a document's chunks and its object. Safe to repeat. Raises NotFoundError, UnavailableError."""
    rows = database.run(database.table("ai_kb_sources").select("source").eq("id", str(source_id)))
    if not rows:
        raise NotFoundError("There is no such document.", code="document_not_found")
    # The object first: should the database then fail, the bucket's own event still deletes the rest.
    objects.delete_object(rows[0]["source"])
    database.rpc("delete_source", p_id=str(source_id))
