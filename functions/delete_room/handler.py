"""DELETE /v1/rooms/{room_id}: a room that has ended, with its files."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.problems import problems
from shared.rooms import control
from shared.rooms.schemas import RoomKey

router = APIRouter(tags=["rooms"])


@router.delete(
    "/v1/rooms/{room_id}",
    operation_id="deleteRoom",
    summary="Delete a room that has ended, with its files",
    status_code=204,
    responses=problems(401, 404, 409, 503),
)
def delete_room(room_id: RoomKey, user: CurrentUser, database: ServiceDatabase) -> None:
    control.delete_room(database, user, room_id)


handler = lambda_handler(router)
