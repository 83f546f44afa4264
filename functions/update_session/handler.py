"""PATCH /v1/chat/sessions/{session_id}: rename a conversation."""

from uuid import UUID

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import UserDatabase
from shared.api.problems import problems
from shared.coach import queries
from shared.coach.schemas import Session, SessionChange

router = APIRouter(tags=["chat"])


@router.patch(
    "/v1/chat/sessions/{session_id}",
    operation_id="updateSession",
    summary="Rename a conversation",
    responses=problems(401, 404, 422, 503),
)
def update_session(session_id: UUID, body: SessionChange, database: UserDatabase) -> Session:
    return queries.update_session(database, session_id, body)


handler = lambda_handler(router)
