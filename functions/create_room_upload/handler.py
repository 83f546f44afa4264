"""POST /v1/rooms/uploads: give a file to rooms."""

from fastapi import APIRouter, Response

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, IdempotencyHeader, ServiceDatabase
from shared.api.problems import problems
from shared.rooms import file_service
from shared.rooms.requests import NewRoomUpload
from shared.rooms.schemas import RoomUpload

router = APIRouter(tags=["rooms"])


@router.post(
    "/v1/rooms/uploads",
    operation_id="createRoomUpload",
    summary="Prepare an upload: a URL that takes exactly this file",
    status_code=201,
    responses=problems(401, 422, 429, 503),
)
def create_room_upload(
    body: NewRoomUpload,
    user: CurrentUser,
    database: ServiceDatabase,
    idempotency: IdempotencyHeader,
    response: Response,
) -> RoomUpload:
    upload, replayed = file_service.create_upload(database, user, body, idempotency)
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return upload


handler = lambda_handler(router)
