"""What schedules of rooms ask the database. Each raises UnavailableError where it does not answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_args
from uuid import UUID

from pydantic import BaseModel, Field

from shared.database.client import Database
from shared.rooms.queries import wanted_row
from shared.rooms.schemas import Estimate, Role
from shared.training.plan import Day

if TYPE_CHECKING:  # their models are for who reads a request
    from shared.rooms.requests import NewSchedule, ScheduleChange

DAYS: tuple[Day, ...] = get_args(Day)  # the first is Monday, 1 in the database
COLUMNS = "id, room, weekdays, at, time_zone, paused, next_at, last_at, last_room_id, last_error, created_at"


class RoomSchedule(BaseModel, frozen=True):
    """A room that is opened anew by the clock."""

    id: UUID
    task_prompt: str
    agents: list[Role]
    weekdays: list[Day]
    at: str = Field(examples=["18:00"])
    time_zone: str = Field(examples=["Europe/Berlin"])
    paused: bool
    next_at: datetime = Field(description="When it is due; what was missed is made up for once.")
    last_at: datetime | None
    last_room_id: UUID | None = Field(description="The room that it opened last.")
    last_error: str | None = Field(description="Why it opened none last time.", examples=["quota_exceeded"])
    created_at: datetime


class RoomSchedules(BaseModel):
    items: list[RoomSchedule]


class OpenedRoom(BaseModel, frozen=True):
    id: UUID
    run: int


class DueRooms(BaseModel, frozen=True):
    """`rooms` are to be started, also those that a sweep before could not."""

    schedules_run: int
    rooms: list[OpenedRoom]


def create_schedule(database: Database, user_id: UUID, wanted: "NewSchedule", estimate: Estimate) -> RoomSchedule:
    """Raises NotFoundError, InvalidRequestError, RateLimitedError (too_many_schedules)."""
    return _saved(database, user_id, None, {"room": wanted_row(wanted, estimate), **_when(wanted)})


def change_schedule(database: Database, user_id: UUID, schedule_id: UUID, change: "ScheduleChange") -> RoomSchedule:
    """Raises NotFoundError, InvalidRequestError."""
    room = {"task_prompt": change.task_prompt} if change.task_prompt else {}
    return _saved(database, user_id, schedule_id, {"room": room, "paused": change.paused, **_when(change)})


def list_schedules(database: Database) -> list[RoomSchedule]:
    """The caller's own, the newest first."""
    rows = database.run(database.table("room_schedules").select(COLUMNS).order("created_at", desc=True))
    return [_read(row) for row in rows]


def delete_schedule(database: Database, user_id: UUID, schedule_id: UUID) -> None:
    """Raises NotFoundError."""
    database.rpc("delete_room_schedule", p_user_id=str(user_id), p_id=str(schedule_id))


def open_due(database: Database) -> DueRooms:
    """Open the rooms that are due, each once whoever else asks at the same time."""
    return DueRooms.model_validate(database.rpc("open_scheduled_rooms"))


def _when(said: "NewSchedule | ScheduleChange") -> dict[str, object]:
    days = [DAYS.index(day) + 1 for day in said.weekdays] if said.weekdays else None
    return {"weekdays": days, "at": said.at, "time_zone": said.time_zone}


def _saved(database: Database, user_id: UUID, schedule_id: UUID | None, row: dict[str, object]) -> RoomSchedule:
    named = str(schedule_id) if schedule_id else None
    return _read(database.rpc("save_room_schedule", p_user_id=str(user_id), p_schedule=row, p_id=named))


def _read(row: Mapping[str, Any]) -> RoomSchedule:
    room = row["room"]
    days = [DAYS[number - 1] for number in row["weekdays"]]
    said = {"task_prompt": room["task_prompt"], "agents": room.get("agents") or []}
    return RoomSchedule.model_validate({**row, **said, "weekdays": days, "at": row["at"][:5]})
