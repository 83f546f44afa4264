"""GET /v1/chat/sessions/{session_id}, its turns, and what a citation opens: what an app shows of a conversation."""

from uuid import UUID

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase, UserDatabase
from shared.api.problems import problems
from shared.coach import queries, schemas

router = APIRouter(tags=["chat"])


@router.get(
    "/v1/chat/sessions/{session_id}",
    operation_id="getSession",
    summary="Get a conversation with its newest messages, running turn, usage and place in its stream",
    responses=problems(401, 404, 422, 503),
)
def get_session(session_id: UUID, user: CurrentUser, database: ServiceDatabase) -> schemas.SessionSnapshot:
    return queries.get_snapshot(database, user.user_id, session_id)


@router.get(
    "/v1/chat/sessions/{session_id}/turns/{turn_id}",
    operation_id="getTurn",
    summary="Get a turn: how it stands or ended, and its answer",
    responses=problems(401, 404, 422, 503),
)
def get_turn(session_id: UUID, turn_id: UUID, database: UserDatabase) -> schemas.AnsweredTurn:
    return queries.get_turn(database, session_id, turn_id)


@router.get(
    "/v1/messages/{message_id}/passages/{chunk_id}",
    operation_id="getCitedPassage",
    summary="Get the passage that an answer cites, as it opens beside the answer",
    responses=problems(401, 404, 422, 503),
)
def get_passage(message_id: UUID, chunk_id: UUID, user: CurrentUser, database: ServiceDatabase) -> schemas.CitedPassage:
    return queries.cited_passage(database, user.user_id, message_id, chunk_id)


handler = lambda_handler(router)
