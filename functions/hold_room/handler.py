"""PUT /v1/rooms/{room_id}/hold: a room is paused, or let go on."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.problems import problems
from shared.rooms import control
from shared.rooms.requests import Hold
from shared.rooms.schemas import Room, RoomKey

router = APIRouter(tags=["rooms"])


@router.put(
    "/v1/rooms/{room_id}/hold",
    operation_id="holdRoom",
    summary="Pause a room, or let it go on, also behind a plan that you wanted to see. Safe to repeat",
    responses=problems(401, 404, 409, 422, 503),
)
def hold_room(room_id: RoomKey, body: Hold, user: CurrentUser, database: ServiceDatabase) -> Room:
    return control.hold_room(database, user, room_id, body)


handler = lambda_handler(router)
