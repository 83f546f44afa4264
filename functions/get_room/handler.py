"""GET /v1/rooms/{room_id}: a room as an app shows it."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.problems import problems
from shared.rooms import queries
from shared.rooms.schemas import RoomKey, RoomSnapshot

router = APIRouter(tags=["rooms"])


@router.get(
    "/v1/rooms/{room_id}",
    operation_id="getRoom",
    summary="Get a room, one's own or a shared one, with its tasks, files and place in its stream",
    responses=problems(401, 404, 422, 503),
)
def get_room(room_id: RoomKey, user: CurrentUser, database: ServiceDatabase) -> RoomSnapshot:
    return queries.room_snapshot(database, user.user_id, room_id)


handler = lambda_handler(router)
