"""POST /v1/chat/sessions/{session_id}/messages: ask the coach."""

from uuid import UUID

from fastapi import APIRouter, Response

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, IdempotencyHeader, RespondAsync, ServiceDatabase, TimeLeft
from shared.api.problems import problems
from shared.coach.schemas import BegunTurn, NewMessage, SentMessage
from shared.coach.turn import service
from shared.coach.turn.background import with_background_tasks
from shared.coach.turn.work import Question
from shared.llm.tokens import load_ahead
from shared.platform.outlasting import outlasting

load_ahead()
router = APIRouter(tags=["chat"])


@router.post(
    "/v1/chat/sessions/{session_id}/messages",
    operation_id="sendMessage",
    summary="Ask the coach: the whole answer, or the turn that will have it, for `Prefer: respond-async` or after 24 s",
    response_model=None,
    responses={200: {"model": SentMessage}, 202: {"model": BegunTurn}, **problems(401, 404, 409, 422, 429, 503)},
)
def send_message(
    session_id: UUID,
    body: NewMessage,
    user: CurrentUser,
    database: ServiceDatabase,
    idempotency: IdempotencyHeader,
    time_left: TimeLeft,
    respond_async: RespondAsync,
    response: Response,
) -> SentMessage | BegunTurn:
    question = Question(session_id, user.user_id, body, idempotency)
    sent = service.send(database, question, time_left, respond_async=respond_async)
    response.status_code = sent.status
    response.headers.update(sent.headers)
    return sent.body


handler = outlasting(with_background_tasks(lambda_handler(router), service.run_task))
