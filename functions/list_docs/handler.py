"""GET /v1/knowledge/documents: what the knowledge base holds, and what it could not take in."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import Cursor, Limit, OperatorDatabase
from shared.api.pages import Page, page
from shared.api.problems import problems
from shared.database.paging import Position
from shared.knowledge import queries
from shared.knowledge.queries import ListedDocument, Status

router = APIRouter(tags=["knowledge"])


@router.get(
    "/v1/knowledge/documents",
    operation_id="listDocuments",
    summary="List documents with their status, the last touched first (operators)",
    responses=problems(401, 403, 422, 503),
)
def list_docs(
    database: OperatorDatabase, cursor: Cursor, limit: Limit = 20, status: Status | None = None
) -> Page[ListedDocument]:
    found = queries.list_sources(database, status, limit + 1, cursor)
    return page(found, limit, lambda document: Position(document.updated_at, document.id))


handler = lambda_handler(router)
