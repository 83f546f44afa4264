"""GET /v1/knowledge/documents and their chunks: what the knowledge base holds, and what it could not take in."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from shared.api.app import lambda_handler
from shared.api.dependencies import Cursor, Limit, OperatorDatabase
from shared.api.pages import Page, page
from shared.api.problems import problems
from shared.database.paging import Position
from shared.knowledge import documents, queries
from shared.knowledge.queries import ListedDocument, Status

router = APIRouter(tags=["knowledge"])
Exactly = Annotated[documents.SourceName | None, Query(description="Only the document of this name.")]
First = Annotated[int, Query(ge=0, le=1_000_000, description="Index of a chunk.")]


@router.get(
    "/v1/knowledge/documents",
    operation_id="listDocuments",
    summary="List documents with their status, the last touched first (operators)",
    responses=problems(401, 403, 422, 503),
)
def list_docs(
    database: OperatorDatabase, cursor: Cursor, limit: Limit = 20, status: Status | None = None, source: Exactly = None
) -> Page[ListedDocument]:
    found = queries.list_sources(database, status, source, limit + 1, cursor)
    return page(found, limit, lambda document: Position(document.updated_at, document.id))


@router.get(
    "/v1/knowledge/documents/{source_id}/chunks",
    operation_id="listChunks",
    summary="List the chunks of a document as they are searched (operators)",
    responses=problems(401, 403, 404, 422, 503),
)
def list_chunks(source_id: UUID, database: OperatorDatabase, first: First = 0, limit: Limit = 20) -> documents.Chunks:
    return documents.list_chunks(database, source_id, first, limit)


handler = lambda_handler(router)
