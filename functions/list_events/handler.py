"""GET …/events of a session, of a room, of the user: what a lost socket would have brought."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, Limit, ServiceDatabase
from shared.api.problems import problems
from shared.realtime import events
from shared.realtime.queries import Events
from shared.rooms import queries
from shared.rooms.schemas import RoomKey

router = APIRouter(tags=["realtime"])
After = Annotated[int, Query(ge=0, le=2**63 - 1, description="The last seq that the client has.")]
REFUSALS = problems(401, 404, 422, 503)
OF_SESSION = "List the events of a conversation behind a seq"
OF_ROOM = "List the events of a room, one's own or a shared one, behind a seq"
OF_USER = "List the events of the caller's own stream behind a seq"


@router.get(
    "/v1/chat/sessions/{session_id}/events", operation_id="listSessionEvents", summary=OF_SESSION, responses=REFUSALS
)
def of_session(
    session_id: UUID, user: CurrentUser, database: ServiceDatabase, after: After = 0, limit: Limit = 100
) -> Events:
    return events.of_session(database, user, session_id, after, limit)


@router.get("/v1/rooms/{room_id}/events", operation_id="listRoomEvents", summary=OF_ROOM, responses=REFUSALS)
def of_room(
    room_id: RoomKey, user: CurrentUser, database: ServiceDatabase, after: After = 0, limit: Limit = 100
) -> Events:
    return queries.room_events(database, user.user_id, room_id, after, limit)


@router.get("/v1/events", operation_id="listEvents", summary=OF_USER, responses=problems(401, 422, 503))
def of_user(user: CurrentUser, database: ServiceDatabase, after: After = 0, limit: Limit = 100) -> Events:
    return events.of_user(database, user, after, limit)


handler = lambda_handler(router)
