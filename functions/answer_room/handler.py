"""POST /v1/rooms/{room_id}/answer: what its owner says to a room."""

from fastapi import APIRouter, Response

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, IdempotencyHeader, ServiceDatabase
from shared.api.problems import problems
from shared.rooms import service
from shared.rooms.requests import RoomAnswer
from shared.rooms.schemas import AnsweredRoom, RoomKey

router = APIRouter(tags=["rooms"])


@router.post(
    "/v1/rooms/{room_id}/answer",
    operation_id="answerRoom",
    summary="Answer an agent's question, instruct the agents, raise the budget. Safe to repeat",
    responses=problems(401, 404, 409, 422, 429, 503),
)
def answer_room(
    room_id: RoomKey,
    body: RoomAnswer,
    user: CurrentUser,
    database: ServiceDatabase,
    idempotency: IdempotencyHeader,
    response: Response,
) -> AnsweredRoom:
    answered, replayed = service.answer_room(database, user, room_id, body, idempotency)
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return answered


handler = lambda_handler(router)
