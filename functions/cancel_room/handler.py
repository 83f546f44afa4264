"""POST /v1/rooms/{room_id}/cancel: end a room."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.problems import problems
from shared.rooms import service
from shared.rooms.schemas import Room, RoomKey

router = APIRouter(tags=["rooms"])


@router.post(
    "/v1/rooms/{room_id}/cancel",
    operation_id="cancelRoom",
    summary="End a room; what is finished is kept. Safe to repeat",
    responses=problems(401, 404, 422, 503),
)
def cancel_room(room_id: RoomKey, user: CurrentUser, database: ServiceDatabase) -> Room:
    return service.cancel_room(database, user, room_id)


handler = lambda_handler(router)
