"""POST /v1/chat/sessions: open a conversation."""

from fastapi import APIRouter, Response

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, IdempotencyHeader, ServiceDatabase
from shared.api.problems import problems
from shared.coach import queries
from shared.coach.schemas import NewSession, Session

router = APIRouter(tags=["chat"])


@router.post(
    "/v1/chat/sessions",
    operation_id="createSession",
    summary="Open a conversation",
    status_code=201,
    responses=problems(401, 409, 422, 429, 503),
)
def create_session(
    body: NewSession,
    user: CurrentUser,
    database: ServiceDatabase,
    idempotency: IdempotencyHeader,
    response: Response,
) -> Session:
    created = queries.create_session(database, user.user_id, body, idempotency)
    response.headers["Location"] = f"/v1/chat/sessions/{created.session.id}"
    if created.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return created.session


handler = lambda_handler(router)
