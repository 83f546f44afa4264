"""DELETE /v1/chat/sessions/{session_id}: delete a conversation."""

from uuid import UUID

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.problems import problems
from shared.coach import queries

router = APIRouter(tags=["chat"])


@router.delete(
    "/v1/chat/sessions/{session_id}",
    operation_id="deleteSession",
    summary="Delete a conversation and all that was said in it; usage stays",
    status_code=204,
    responses=problems(401, 404, 422, 503),
)
def delete_session(session_id: UUID, user: CurrentUser, database: ServiceDatabase) -> None:
    queries.delete_session(database, user.user_id, session_id)


handler = lambda_handler(router)
