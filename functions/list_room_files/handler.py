"""GET /v1/rooms/{room_id}/files: what a room's agents made."""

from fastapi import APIRouter
from pydantic import BaseModel

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.problems import problems
from shared.rooms import reading
from shared.rooms.room import RoomFile, RoomKey

router = APIRouter(tags=["rooms"])


class RoomFiles(BaseModel):
    items: list[RoomFile]


@router.get(
    "/v1/rooms/{room_id}/files",
    operation_id="listRoomFiles",
    summary="List the files of a room, one's own or a shared one, with their versions",
    responses=problems(401, 404, 422, 503),
)
def list_room_files(room_id: RoomKey, user: CurrentUser, database: ServiceDatabase) -> RoomFiles:
    return RoomFiles(items=reading.list_files(database, user, room_id))


handler = lambda_handler(router)
