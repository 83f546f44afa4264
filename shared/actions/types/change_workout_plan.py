"""Changes exercises of the plan that the user follows."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.actions.action_type import ActionType, InapplicableError, State
from shared.actions.types.create_workout_plan import UNITS
from shared.platform.text import JsonObject
from shared.safety.findings import Finding
from shared.safety.situation import Situation
from shared.safety.training_rules import check_plan
from shared.training import Name, Plan

NUMBERS = ("sets", "reps", "seconds", "load_kg", "rest_seconds")


class ExerciseChange(BaseModel):
    """`set` changes the numbers that are not null, `add` needs sets, and reps or seconds, `remove` none."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    operation: Literal["set", "add", "remove"]
    session: Name = Field(description="Name of the session in the plan.")
    exercise: Name
    sets: int | None = Field(None, ge=1, le=50)
    reps: int | None = Field(None, ge=1, le=500)
    seconds: int | None = Field(None, ge=1, le=14_400)
    load_kg: float | None = Field(None, ge=0, le=1000)
    rest_seconds: int | None = Field(None, ge=0, le=1800)

    @property
    def numbers(self) -> dict[str, float]:
        return {name: value for name in NUMBERS if (value := getattr(self, name)) is not None}


class PlanChanges(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    changes: list[ExerciseChange] = Field(min_length=1, max_length=20)


def _after(payload: PlanChanges, before: State | None, _action_id: UUID) -> State:
    if before is None:
        raise InapplicableError("There is no plan to change.")
    sessions = {session["name"]: {**session} for session in before["plan"]["sessions"]}
    for change in payload.changes:
        if change.session not in sessions:
            raise InapplicableError(f"The plan has no session {change.session}.")
        session = sessions[change.session]
        session["exercises"] = _changed(session["exercises"], change)
    plan = {**before["plan"], "sessions": list(sessions.values())}
    try:
        return {**before, "plan": Plan.model_validate(plan).model_dump(mode="json")}
    except ValidationError:
        raise InapplicableError("A plan needs sessions with exercises, and those sets.") from None


def _changed(exercises: list[JsonObject], change: ExerciseChange) -> list[JsonObject]:
    names = [exercise["name"] for exercise in exercises]
    if (change.operation == "add") == (change.exercise in names):
        raise InapplicableError(
            f"The session {change.session} has {'already' if change.operation == 'add' else 'no'} {change.exercise}."
        )
    if change.operation == "add":
        blank = {"name": change.exercise, "reps": None, "seconds": None, "load_kg": None, "rest_seconds": 90}
        return [*exercises, blank | change.numbers]
    changed = [
        {**exercise, **change.numbers} if exercise["name"] == change.exercise else exercise for exercise in exercises
    ]
    return [each for each in changed if change.operation == "set" or each["name"] != change.exercise]


def _findings(_payload: PlanChanges, after: State, situation: Situation) -> list[Finding]:
    plan = Plan.model_validate(after["plan"])
    return check_plan(plan, situation.athlete, before=situation.plan, recent=situation.workouts)


TYPE = ActionType(
    name="change_workout_plan",
    description="Propose changes of exercises in the plan that the user follows (see <training>), in small steps. "
    "Null leaves a number as it is.",
    payload=PlanChanges,
    after=_after,
    findings=_findings,
    units=UNITS,
)
