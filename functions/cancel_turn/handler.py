"""POST /v1/chat/sessions/{session_id}/turns/{turn_id}/cancel: stop the coach."""

from uuid import UUID

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.problems import problems
from shared.coach import queries
from shared.coach.schemas import Turn

router = APIRouter(tags=["chat"])


@router.post(
    "/v1/chat/sessions/{session_id}/turns/{turn_id}/cancel",
    operation_id="cancelTurn",
    summary="Stop a turn; what was streamed is kept and charged. Safe to repeat",
    responses=problems(401, 404, 422, 503),
)
def cancel_turn(session_id: UUID, turn_id: UUID, user: CurrentUser, database: ServiceDatabase) -> Turn:
    return queries.cancel_turn(database, user.user_id, session_id, turn_id)


handler = lambda_handler(router)
