"""POST /v1/rooms/{room_id}/files/{file_id}/export: a file of a room as a page, a PDF, a Word document, a calendar."""

from uuid import UUID

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.problems import problems
from shared.rooms.delivery import service
from shared.rooms.requests import FileExport
from shared.rooms.schemas import FileCopy, RoomKey

router = APIRouter(tags=["rooms"])


@router.post(
    "/v1/rooms/{room_id}/files/{file_id}/export",
    operation_id="exportRoomFile",
    summary="Make a page, a PDF, a Word document or a calendar of a file of a room: a URL for it",
    responses=problems(401, 404, 422, 429, 503),
)
def export_room_file(
    room_id: RoomKey, file_id: UUID, body: FileExport, user: CurrentUser, database: ServiceDatabase
) -> FileCopy:
    return service.export_file(database, user, room_id, file_id, body.format)


handler = lambda_handler(router)
