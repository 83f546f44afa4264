"""GET /v1/rooms: the caller's rooms."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import Cursor, Limit, UserDatabase
from shared.api.pages import Page, page
from shared.api.problems import problems
from shared.database.paging import Position
from shared.rooms import queries
from shared.rooms.schemas import Room

router = APIRouter(tags=["rooms"])


@router.get(
    "/v1/rooms",
    operation_id="listRooms",
    summary="List rooms, the newest first",
    responses=problems(401, 422, 503),
)
def list_rooms(database: UserDatabase, cursor: Cursor, limit: Limit = 20) -> Page[Room]:
    found = queries.list_rooms(database, limit + 1, cursor)
    return page(found, limit, lambda room: Position(room.created_at, room.id))


handler = lambda_handler(router)
