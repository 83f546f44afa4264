"""POST /v1/rooms/{room_id}/retry: try a failed room again."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.problems import problems
from shared.rooms import service
from shared.rooms.schemas import Room, RoomKey

router = APIRouter(tags=["rooms"])


@router.post(
    "/v1/rooms/{room_id}/retry",
    operation_id="retryRoom",
    summary="Do again what failed in a room, and only that",
    responses=problems(401, 404, 409, 422, 429, 503),
)
def retry_room(room_id: RoomKey, user: CurrentUser, database: ServiceDatabase) -> Room:
    return service.retry_room(database, user, room_id)


handler = lambda_handler(router)
