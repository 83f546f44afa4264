"""POST /v1/chat/sessions: open a conversation."""

from fastapi import APIRouter, Response

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, IdempotencyHeader, ServiceDatabase
from shared.api.problems import problems
from shared.coach import sessions

router = APIRouter(tags=["chat"])


@router.post(
    "/v1/chat/sessions",
    operation_id="createSession",
    summary="Open a conversation",
    status_code=201,
    responses=problems(401, 409, 422, 503),
)
def create_session(
    body: sessions.NewSession,
    user: CurrentUser,
    database: ServiceDatabase,
    idempotency: IdempotencyHeader,
    response: Response,
) -> sessions.Session:
    session, replayed = sessions.create_session(database, user, body, idempotency)
    response.headers["Location"] = f"/v1/chat/sessions/{session.id}"
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return session


handler = lambda_handler(router)
