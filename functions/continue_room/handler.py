"""POST /v1/rooms/{room_id}/continue: a room that has ended is gone on with."""

from fastapi import APIRouter, Response

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, IdempotencyHeader, ServiceDatabase
from shared.api.problems import problems
from shared.rooms import control
from shared.rooms.requests import FollowUp
from shared.rooms.schemas import Room, RoomKey

router = APIRouter(tags=["rooms"])


@router.post(
    "/v1/rooms/{room_id}/continue",
    operation_id="continueRoom",
    summary="Go on with a room that has ended, on its files and with a budget of its own",
    responses=problems(401, 404, 409, 422, 429, 503),
)
def continue_room(
    room_id: RoomKey,
    body: FollowUp,
    user: CurrentUser,
    database: ServiceDatabase,
    idempotency: IdempotencyHeader,
    response: Response,
) -> Room:
    room, replayed = control.continue_room(database, user, room_id, body, idempotency)
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return room


handler = lambda_handler(router)
