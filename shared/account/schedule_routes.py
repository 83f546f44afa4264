"""/v1/room-schedules: a user's rooms that the sweep opens by the clock. In create_room: a stack has 500 resources."""

from uuid import UUID

from fastapi import APIRouter

from shared.api.dependencies import CurrentUser, ServiceDatabase, UserDatabase
from shared.api.problems import problems
from shared.rooms import schedule_queries, schedules
from shared.rooms.requests import NewSchedule, ScheduleChange
from shared.rooms.schedule_queries import RoomSchedule, RoomSchedules

router = APIRouter()
PATH = "/v1/room-schedules"


@router.get(
    PATH,
    operation_id="listRoomSchedules",
    summary="List the rooms that are opened by the clock",
    responses=problems(401, 503),
)
def list_schedules(database: UserDatabase) -> RoomSchedules:
    return RoomSchedules(items=schedule_queries.list_schedules(database))


@router.post(
    PATH,
    operation_id="createRoomSchedule",
    summary="Have a room opened anew on days of the week: at most five of them; safe to repeat",
    status_code=201,
    responses=problems(401, 404, 422, 429, 503),
)
def create_schedule(body: NewSchedule, user: CurrentUser, database: ServiceDatabase) -> RoomSchedule:
    return schedules.create_schedule(database, user, body)


@router.patch(
    f"{PATH}/{{schedule_id}}",
    operation_id="changeRoomSchedule",
    summary="Change, pause or resume a schedule",
    responses=problems(401, 404, 422, 503),
)
def change_schedule(
    schedule_id: UUID, body: ScheduleChange, user: CurrentUser, database: ServiceDatabase
) -> RoomSchedule:
    return schedules.change_schedule(database, user, schedule_id, body)


@router.delete(
    f"{PATH}/{{schedule_id}}",
    operation_id="deleteRoomSchedule",
    summary="End a schedule; the rooms that it opened stay",
    status_code=204,
    responses=problems(401, 404, 422, 503),
)
def delete_schedule(schedule_id: UUID, user: CurrentUser, database: ServiceDatabase) -> None:
    schedule_queries.delete_schedule(database, user.user_id, schedule_id)
