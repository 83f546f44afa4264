"""GET /v1/chat/sessions/{session_id}/messages: what was said."""

from uuid import UUID

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import Cursor, Limit, UserDatabase
from shared.api.pages import Page, page
from shared.api.problems import problems
from shared.coach import queries
from shared.coach.schemas import Message
from shared.database.paging import Position

router = APIRouter(tags=["chat"])


@router.get(
    "/v1/chat/sessions/{session_id}/messages",
    operation_id="listMessages",
    summary="List the messages of a conversation, newest first",
    responses=problems(401, 404, 422, 503),
)
def list_messages(session_id: UUID, database: UserDatabase, cursor: Cursor, limit: Limit = 50) -> Page[Message]:
    found = queries.list_messages(database, session_id, limit + 1, cursor)
    return page(found, limit, lambda message: Position(message.created_at, message.id))


handler = lambda_handler(router)
