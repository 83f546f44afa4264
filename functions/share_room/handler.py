"""PUT /v1/rooms/{room_id}/share: who may watch a room."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.problems import problems
from shared.rooms import service
from shared.rooms.requests import Sharing
from shared.rooms.schemas import Room, RoomKey

router = APIRouter(tags=["rooms"])


@router.put(
    "/v1/rooms/{room_id}/share",
    operation_id="shareRoom",
    summary="Let others watch a room, or end that at once",
    responses=problems(401, 404, 422, 503),
)
def share_room(room_id: RoomKey, body: Sharing, user: CurrentUser, database: ServiceDatabase) -> Room:
    return service.share_room(database, user, room_id, body)


handler = lambda_handler(router)
