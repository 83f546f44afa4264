"""What a model reads of the user's own training, asked of the database as it works.

Each raises UnavailableError where the database does not answer.
"""

from datetime import date
from uuid import UUID

from pydantic import BaseModel

from shared.database.client import Database
from shared.platform.text import JsonObject


class FoundWorkouts(BaseModel, frozen=True):
    total: int  # also of those that are not in `workouts`
    workouts: list[JsonObject]  # newest first


def workouts_between(
    database: Database, user_id: UUID, since: date, until: date, exercise: str | None, limit: int
) -> FoundWorkouts:
    """The user's workouts of some days; with `exercise` those that name it."""
    found = database.rpc(
        "workouts_between",
        p_user_id=str(user_id),
        p_since=since.isoformat(),
        p_until=until.isoformat(),
        p_exercise=exercise,
        p_limit=limit,
    )
    return FoundWorkouts.model_validate(found)


def active_plan(database: Database, user_id: UUID) -> JsonObject | None:
    """The plan that the user follows, as it is stored."""
    query = database.table("workout_plans").select("content").eq("user_id", str(user_id)).eq("is_active", "true")
    rows = database.run(query.limit(1))
    return dict(rows[0]["content"]) if rows else None
