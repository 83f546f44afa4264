"""GET /v1/chat/sessions/{session_id}/events and GET /v1/events: what a lost socket would have brought."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, Limit, UserDatabase
from shared.api.problems import problems
from shared.realtime import events

router = APIRouter(tags=["realtime"])
After = Annotated[int, Query(ge=0, le=2**63 - 1, description="The last seq that the client has.")]


@router.get(
    "/v1/chat/sessions/{session_id}/events",
    operation_id="listSessionEvents",
    summary="List the events of a conversation behind a seq",
    responses=problems(401, 404, 422, 503),
)
def list_session_events(
    session_id: UUID, database: UserDatabase, after: After = 0, limit: Limit = 100
) -> events.Events:
    return events.of_session(database, session_id, after, limit)


@router.get(
    "/v1/events",
    operation_id="listEvents",
    summary="List the events of the caller's own stream behind a seq",
    responses=problems(401, 422, 503),
)
def list_events(user: CurrentUser, database: UserDatabase, after: After = 0, limit: Limit = 100) -> events.Events:
    return events.of_user(database, user, after, limit)


handler = lambda_handler(router)
