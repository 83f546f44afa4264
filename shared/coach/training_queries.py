"""What plans and logged workouts ask the database. Each raises UnavailableError where it does not answer."""

from datetime import UTC, date, datetime, time
from uuid import UUID

from pydantic import BaseModel, Field

from shared.database.client import Database
from shared.database.paging import Position, after
from shared.platform.errors import NotFoundError
from shared.platform.idempotency import Idempotency
from shared.platform.text import JsonObject
from shared.training.plan import Workout


class StoredPlan(BaseModel, frozen=True):
    """A plan that was approved; at most one is followed (`is_active`)."""

    id: UUID
    is_active: bool
    content: JsonObject = Field(description="name, goal, weeks, sessions; one of an older version may lack fields.")
    created_at: datetime
    updated_at: datetime


class LoggedWorkout(BaseModel, frozen=True):
    id: UUID
    performed_on: date
    content: JsonObject = Field(description="As NewWorkout has it; one of an older version may lack fields.")
    created_at: datetime

    @property
    def position(self) -> Position:
        return Position(datetime.combine(self.performed_on, time(), UTC), self.id)


PLAN_COLUMNS = ", ".join(StoredPlan.model_fields)
WORKOUT_COLUMNS = ", ".join(LoggedWorkout.model_fields)


def list_plans(database: Database, limit: int, position: Position | None) -> list[StoredPlan]:
    """At most `limit` plans behind a position, the newest first."""
    rows = database.run(
        after(database.table("workout_plans").select(PLAN_COLUMNS), "created_at", position).limit(limit)
    )
    return [StoredPlan.model_validate(row) for row in rows]


def list_workouts(database: Database, limit: int, position: Position | None) -> list[LoggedWorkout]:
    """At most `limit` workouts behind a position, those done last first."""
    query = database.table("workout_logs").select(WORKOUT_COLUMNS)
    rows = database.run(after(query, "performed_on", position).limit(limit))
    return [LoggedWorkout.model_validate(row) for row in rows]


def get_workout(database: Database, user_id: UUID, workout_id: UUID) -> LoggedWorkout:
    """Raises NotFoundError."""
    query = database.table("workout_logs").select(WORKOUT_COLUMNS).eq("id", str(workout_id))
    rows = database.run(query.eq("user_id", str(user_id)))
    if not rows:
        raise workout_not_found()
    return LoggedWorkout.model_validate(rows[0])


def log_workout(
    database: Database, user_id: UUID, workout: Workout, idempotency: Idempotency, request_hash: str | None
) -> tuple[LoggedWorkout, bool]:
    """The workout, and whether it is the stored answer to an earlier request with the same key."""
    logged = database.rpc(
        "log_workout",
        p_user_id=str(user_id),
        p_content=workout.model_dump(mode="json"),
        p_idempotency_key=idempotency.key,
        p_request_hash=request_hash,
    )
    return LoggedWorkout.model_validate(logged["response"]), bool(logged["replayed"])


def change_workout(database: Database, user_id: UUID, seen: LoggedWorkout, workout: Workout) -> LoggedWorkout:
    """Raises NotFoundError, ConflictError where it is not any more what was seen."""
    changed = database.rpc(
        "change_workout",
        p_user_id=str(user_id),
        p_id=str(seen.id),
        p_seen=seen.content,
        p_content=workout.model_dump(mode="json"),
    )
    return LoggedWorkout.model_validate(changed)


def delete_workout(database: Database, workout_id: UUID) -> None:
    """Raises NotFoundError."""
    if not database.run(database.table("workout_logs").delete().eq("id", str(workout_id))):
        raise workout_not_found()


def workout_not_found() -> NotFoundError:
    """The same 404 for a missing one and for somebody else's."""
    return NotFoundError("There is no such workout.", code="workout_not_found")
