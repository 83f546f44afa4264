"""What rooms ask the database for their owners and readers. `room` is an id or a room_id.

Each raises UnavailableError where the database does not answer, and each that names a room NotFoundError.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel

from shared.database.client import Database
from shared.database.paging import Position, after
from shared.platform.errors import NotFoundError
from shared.platform.idempotency import Idempotency
from shared.realtime.publishing import Change
from shared.realtime.queries import Events
from shared.rooms.schemas import Budget, Estimate, Role, Room, RoomSnapshot

if TYPE_CHECKING:  # their models are for who reads a request
    from shared.rooms.requests import NewRoom, NewSchedule, RoomAnswer
    from shared.safety.situation import StoredAthlete

SNAPSHOT_MESSAGES = 50
COLUMNS = (
    "id, room_id, session_id, task_prompt, follow_up, status, status_reason, issues, run, part, hold, plan, provider, "
    "agents, is_shared, llm_used, agents_used, folder_path, estimate, throttled_until, "
    "created_at, started_at, ended_at"
)


# ------------------------------------------------------------------------------------------------------- a room's life
class ChangedRoom(Change, frozen=True):
    room: Room


class CreatedRoom(ChangedRoom, frozen=True):
    replayed: bool  # an earlier request with the same key created it; the room is as it is now


class StartedRoom(ChangedRoom, frozen=True):
    proceed: bool  # False: the room has ended meanwhile, or another run has begun


class CancelledRoom(ChangedRoom, frozen=True):
    execution_arn: str | None  # to be stopped


@dataclass(frozen=True)
class RoomOutcome:
    """How a room ended; what is not said follows from its tasks and issues."""

    status: str | None = None
    reason: str | None = None
    issues: Sequence[str] = ()


class TaskFigures(BaseModel, frozen=True):
    """What tasks of a role took lately: a fifth of them less, a fifth of them more."""

    tokens: tuple[float, float]
    seconds: tuple[float, float]


class PastTasks(BaseModel, frozen=True):
    figures: dict[Role, TaskFigures] = {}


def task_figures(database: Database) -> dict[Role, TaskFigures]:
    """By role, where enough of them were done lately."""
    return PastTasks.model_validate(database.rpc("task_figures")).figures


def wanted_row(room: "NewRoom | NewSchedule", estimate: Estimate) -> dict[str, object]:
    """What is kept alike of a room that is opened now, or by the clock."""
    return {
        "task_prompt": room.task_prompt,
        "agents": list(dict.fromkeys(room.agents)),
        "provider": room.provider,
        "limits": room.budget.stated,
        "session_id": str(room.session_id) if room.session_id else None,
        "estimate": estimate.model_dump(mode="json"),
    }


def create_room(
    database: Database, user_id: UUID, room: "NewRoom", estimate: Estimate, idempotency: Idempotency
) -> CreatedRoom:
    """Open a room and reserve its budget. Raises ConflictError, InvalidRequestError, QuotaExceededError."""
    files = [str(file_id) for file_id in room.input_file_ids]
    row = {**wanted_row(room, estimate), "files": files, "approve_plan": room.approve_plan}
    created = database.rpc(
        "create_room",
        p_user_id=str(user_id),
        p_room=row,
        p_idempotency_key=idempotency.key,
        p_request_hash=idempotency.request_hash(room),
    )
    return CreatedRoom.model_validate(created)


def athlete(database: Database, user_id: UUID) -> "StoredAthlete":
    """What is known of a user, as checks of a text look at it."""
    from shared.safety.situation import StoredAthlete  # 12 ms, which only some of who asks about rooms have use for

    return StoredAthlete.model_validate(database.rpc("athlete", p_user_id=str(user_id)))


def start_room(database: Database, room_id: UUID, run: int, execution_arn: str | None = None) -> StartedRoom:
    """Note that a run has begun, and by which execution where that is known. Safe to repeat."""
    started = database.rpc("start_room", p_room_id=str(room_id), p_execution_arn=execution_arn, p_run=run)
    return StartedRoom.model_validate(started)


def finish_room(database: Database, room_id: UUID, run: int | None, outcome: RoomOutcome) -> ChangedRoom:
    """End a room; one that has ended, or whose run is over, stays as it is."""
    finished = database.rpc("finish_room", p_room_id=str(room_id), p_outcome={**asdict(outcome), "run": run})
    return ChangedRoom.model_validate(finished)


def cancel_room(database: Database, user_id: UUID, room: str) -> CancelledRoom:
    """End a room at once, as failed. Safe to repeat."""
    return CancelledRoom.model_validate(database.rpc("cancel_room", p_user_id=str(user_id), p_room=room))


def retry_room(database: Database, user_id: UUID, room: str) -> ChangedRoom:
    """Make a failed room pending again for a new run. Raises ConflictError, QuotaExceededError."""
    return ChangedRoom.model_validate(database.rpc("retry_room", p_user_id=str(user_id), p_room=room))


def share_room(database: Database, user_id: UUID, room: str, *, on: bool) -> ChangedRoom:
    """Let others watch, or end that at once. Safe to repeat."""
    return ChangedRoom.model_validate(database.rpc("share_room", p_user_id=str(user_id), p_room=room, p_on=on))


# ------------------------------------------------------------------------------------------------- what its owner says
class TaskToken(BaseModel, frozen=True):
    """By which the workflow goes on with a task that waited."""

    wait_id: UUID
    token: str


class AnsweredInput(ChangedRoom, frozen=True):
    budget: Budget
    tokens: list[TaskToken]  # of all that is answered and has not gone on
    replayed: bool  # it was said before, under the same key or to a room that has ended since


def answer_input(
    database: Database, user_id: UUID, room: str, said: "RoomAnswer", idempotency: Idempotency
) -> AnsweredInput:
    """Take in what the owner says. Raises ConflictError, InvalidRequestError, QuotaExceededError."""
    row = said.model_dump(mode="json", include={"input_id", "answer", "steer"}, exclude_none=True)
    if said.limits:
        row["budget"] = said.limits
    if said.input_file_ids:
        row["files"] = [str(file_id) for file_id in said.input_file_ids]
    answered = database.rpc(
        "answer_input",
        p_user_id=str(user_id),
        p_room=room,
        p_answer=row,
        p_idempotency_key=idempotency.key,
        p_request_hash=idempotency.request_hash(said),
    )
    return AnsweredInput.model_validate(answered)


def save_task_token(database: Database, wait_id: UUID, token: str) -> bool:
    """Keep what wakes a waiting task; False: it was answered or has ended already."""
    return bool(database.rpc("save_task_token", p_wait_id=str(wait_id), p_token=token)["waiting"])


def unwoken_tasks(database: Database) -> list[TaskToken]:
    """At most 50 whose input has been answered for a minute, and which nobody may have woken."""
    return [TaskToken.model_validate(row) for row in database.rpc("unwoken_tasks")]


def forget_tokens(database: Database, woken: Sequence[TaskToken]) -> dict[str, int]:
    """Delete the tokens of tasks that have been woken."""
    counts: dict[str, int] = database.rpc("forget_tokens", p_wait_ids=[str(task.wait_id) for task in woken])
    return counts


# -------------------------------------------------------------------------------------------------------------- reading
def find_room(database: Database, user_id: UUID, room_id: UUID) -> Room:
    """One of a user's own rooms, by its id."""
    rows = database.run(database.table("rooms").select(COLUMNS).eq("id", str(room_id)).eq("user_id", str(user_id)))
    if not rows:
        raise NotFoundError("There is no such room.", code="room_not_found")
    return Room.model_validate(rows[0])


def list_rooms(database: Database, limit: int, position: Position | None) -> list[Room]:
    """At most `limit` of the caller's own rooms behind a position, the newest first."""
    query = database.table("rooms").select(COLUMNS)
    rows = database.run(after(query, "created_at", position).limit(limit))
    return [Room.model_validate(row) for row in rows]


def room_snapshot(database: Database, user_id: UUID, room: str) -> RoomSnapshot:
    """A room of one instant with its newest messages, for whoever may see it."""
    found = database.rpc("room_snapshot", p_user_id=str(user_id), p_room=room, p_messages=SNAPSHOT_MESSAGES)
    return RoomSnapshot.model_validate(found)


def room_events(database: Database, user_id: UUID, room: str, after_seq: int, limit: int) -> Events:
    """Events of a room behind a seq, at most `limit`."""
    found = database.rpc("room_events", p_user_id=str(user_id), p_room=room, p_after=after_seq, p_limit=limit)
    return Events.model_validate(found)
