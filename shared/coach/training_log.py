"""Plans and workouts as a user reads and writes them without the coach."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, ValidationError, model_validator

from shared.coach import training_queries as queries
from shared.coach.training_queries import LoggedWorkout
from shared.database.client import Database
from shared.platform.errors import InvalidRequestError
from shared.platform.idempotency import Idempotency
from shared.platform.request_body import NotNull, RequestBody
from shared.platform.text import JsonObject
from shared.safety.training_rules import check_workout
from shared.training.plan import Exercise, Name, Note, Workout

AHEAD = timedelta(hours=14)  # of UTC, the first time zone in which a day begins


def _may_be_left_out(schema: JsonObject) -> None:
    schema["required"] = [name for name in schema["required"] if name not in UNSAID]


UNSAID = ("reps", "seconds", "load_kg")  # null where they are left out


class DoneExercise(RequestBody, Exercise):
    """One exercise, or one set of it."""

    model_config = ConfigDict(json_schema_extra=_may_be_left_out)

    @model_validator(mode="before")
    @classmethod
    def _null_where_left_out(cls, sent: Any) -> Any:
        return dict.fromkeys(UNSAID) | sent if isinstance(sent, dict) else sent


class NewWorkout(RequestBody, Workout):
    """A workout that was done. `load_lb` and `distance_mi` may stand for kilograms and metres, which are stored."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "performed_on": "2026-11-20",
                "minutes": 40,
                "notes": None,
                "exercises": [
                    {"name": "Squat", "sets": 3, "reps": 8, "seconds": None, "load_kg": 60, "rest_seconds": 120}
                ],
            }
        }
    )

    exercises: list[DoneExercise] = Field(min_length=1, max_length=60)  # type: ignore[assignment]


class WorkoutChange(RequestBody):
    """Fields that are sent replace the stored ones, the others stay."""

    model_config = ConfigDict(json_schema_extra={"example": {"minutes": 45}, "minProperties": 1})

    performed_on: Annotated[date | None, NotNull] = None
    minutes: Annotated[int | None, Field(ge=1, le=600), NotNull] = None
    exercises: Annotated[list[DoneExercise] | None, Field(min_length=1, max_length=60), NotNull] = None
    notes: Note | None = None
    session: Name | None = None
    felt: int | None = Field(None, ge=1, le=5)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("at least one field is needed")
        return self


def log(database: Database, user_id: UUID, workout: NewWorkout, idempotency: Idempotency) -> tuple[LoggedWorkout, bool]:
    """Write a workout down; whether it was stored before under the same key.

    Raises InvalidRequestError (impossible_workout, storage_full), RateLimitedError, ConflictError.
    """
    return queries.log_workout(database, user_id, _checked(workout), idempotency, idempotency.request_hash(workout))


def change(database: Database, user_id: UUID, workout_id: UUID, sent: WorkoutChange) -> LoggedWorkout:
    """Correct one. Raises NotFoundError, InvalidRequestError, ConflictError (workout_changed)."""
    stored = queries.get_workout(database, user_id, workout_id)
    wanted = stored.content | sent.model_dump(mode="json", exclude_unset=True)
    try:
        workout = Workout.model_validate(wanted)
    except ValidationError as fault:
        problems = [{"field": ".".join(map(str, each["loc"])), "message": each["msg"]} for each in fault.errors()]
        raise InvalidRequestError("With this, it is no workout.", extra={"errors": problems}) from None
    return queries.change_workout(database, user_id, stored, _checked(workout))


def _checked(workout: Workout) -> Workout:
    """Raises InvalidRequestError for what cannot be true."""
    if findings := check_workout(workout, (datetime.now(UTC) + AHEAD).date()):
        reasons = [{"field": "body", "message": finding.message} for finding in findings]
        raise InvalidRequestError(
            "This cannot be true as it stands.", code="impossible_workout", extra={"errors": reasons}
        )
    return workout
