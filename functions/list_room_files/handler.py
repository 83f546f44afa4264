"""GET /v1/rooms/{room_id}/files: what a room's agents made."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.problems import problems
from shared.rooms import file_service
from shared.rooms.schemas import RoomFiles, RoomKey

router = APIRouter(tags=["rooms"])


@router.get(
    "/v1/rooms/{room_id}/files",
    operation_id="listRoomFiles",
    summary="List the files of a room, one's own or a shared one, with their versions",
    responses=problems(401, 404, 422, 503),
)
def list_room_files(room_id: RoomKey, user: CurrentUser, database: ServiceDatabase) -> RoomFiles:
    return file_service.list_files(database, user, room_id)


handler = lambda_handler(router)
