"""What the knowledge base holds, as operators see it."""

from uuid import UUID

from shared.database.client import Database
from shared.database.paging import Position
from shared.knowledge import objects, queries
from shared.knowledge.sources import ListedDocument, Status
from shared.platform.errors import NotFoundError

__all__ = ["ListedDocument", "delete_document", "list_documents"]


def list_documents(
    database: Database, status: Status | None, limit: int, position: Position | None
) -> list[ListedDocument]:
    """At most `limit` sources behind a position, the last touched first; deleted ones only when asked for."""
    return queries.list_sources(database, status, limit, position)


def delete_document(database: Database, source_id: UUID) -> None:
    """Delete a document's chunks and its object. Safe to repeat. Raises NotFoundError, UnavailableError."""
    source = queries.source_name(database, source_id)
    if source is None:
        raise NotFoundError("There is no such document.", code="document_not_found")
    # The object first: should the database then fail, the bucket's own event still deletes the rest.
    objects.delete_object(source)
    queries.delete_source(database, source_id)
