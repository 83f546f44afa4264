"""POST /v1/rooms: have several agents work on a prompt, at once or (/v1/room-schedules) by the clock."""

from fastapi import APIRouter, Response

from shared.account import schedule_routes
from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, IdempotencyHeader, ServiceDatabase
from shared.api.problems import problems
from shared.rooms import opening
from shared.rooms.requests import NewRoom
from shared.rooms.schemas import Room

router = APIRouter(tags=["rooms"])


@router.post(
    "/v1/rooms",
    operation_id="createRoom",
    summary="Open a task room: its budget is taken from the week, its agents begin at once",
    status_code=201,
    responses=problems(401, 404, 409, 422, 429, 503),
)
def create_room(
    body: NewRoom,
    user: CurrentUser,
    database: ServiceDatabase,
    idempotency: IdempotencyHeader,
    response: Response,
) -> Room:
    room, replayed = opening.create_room(database, user, body, idempotency)
    response.headers["Location"] = f"/v1/rooms/{room.id}"
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return room


router.include_router(schedule_routes.router)
handler = lambda_handler(router)
