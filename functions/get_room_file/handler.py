"""GET /v1/rooms/{room_id}/files/{file_id}: where the content of a file can be read."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.problems import problems
from shared.rooms import file_service
from shared.rooms.schemas import DownloadableFile, RoomKey

router = APIRouter(tags=["rooms"])
Version = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Left out: the one that has this id.")]


@router.get(
    "/v1/rooms/{room_id}/files/{file_id}",
    operation_id="getRoomFile",
    summary="Get a file of a room, one's own or a shared one: a URL for its content, and its versions",
    responses=problems(401, 404, 422, 503),
)
def get_room_file(
    room_id: RoomKey, file_id: UUID, user: CurrentUser, database: ServiceDatabase, version: Version = None
) -> DownloadableFile:
    return file_service.get_file(database, user, room_id, file_id, version)


handler = lambda_handler(router)
