"""GET /v1/chat/sessions: the caller's conversations."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import Cursor, Limit, UserDatabase
from shared.api.pages import Page, page
from shared.api.problems import problems
from shared.coach import queries
from shared.coach.schemas import Session
from shared.database.paging import Position

router = APIRouter(tags=["chat"])


@router.get(
    "/v1/chat/sessions",
    operation_id="listSessions",
    summary="List conversations, the last used first",
    responses=problems(401, 422, 503),
)
def list_sessions(database: UserDatabase, cursor: Cursor, limit: Limit = 20) -> Page[Session]:
    found = queries.list_sessions(database, limit + 1, cursor)
    return page(found, limit, lambda session: Position(session.updated_at, session.id))


handler = lambda_handler(router)
