"""GET /v1/memories: what the coach remembers of the caller."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import Cursor, Limit, UserDatabase
from shared.api.pages import Page, page
from shared.api.problems import problems
from shared.coach import queries
from shared.coach.schemas import Memory
from shared.database.paging import Position

router = APIRouter(tags=["account"])


@router.get(
    "/v1/memories",
    operation_id="listMemories",
    summary="List what the coach remembers, the newest first",
    responses=problems(401, 422, 503),
)
def list_memories(database: UserDatabase, cursor: Cursor, limit: Limit = 20) -> Page[Memory]:
    found = queries.list_memories(database, limit + 1, cursor)
    return page(found, limit, lambda memory: Position(memory.created_at, memory.id))


handler = lambda_handler(router)
