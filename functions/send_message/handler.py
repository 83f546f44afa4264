"""POST /v1/chat/sessions/{session_id}/messages: ask the coach."""

from uuid import UUID

from fastapi import APIRouter, Response

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, IdempotencyHeader, ServiceDatabase, TimeLeft
from shared.api.problems import problems
from shared.coach import turn
from shared.coach.messages import NewMessage, SentMessage

router = APIRouter(tags=["chat"])


@router.post(
    "/v1/chat/sessions/{session_id}/messages",
    operation_id="sendMessage",
    summary="Ask the coach and get the whole answer",
    responses=problems(401, 404, 409, 422, 429, 503),
)
def send_message(
    session_id: UUID,
    body: NewMessage,
    user: CurrentUser,
    database: ServiceDatabase,
    idempotency: IdempotencyHeader,
    time_left: TimeLeft,
    response: Response,
) -> SentMessage:
    result = turn.run_turn(database, turn.Question(session_id, user, body, idempotency), time_left)
    if result.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return result.answer


handler = lambda_handler(router)
