"""Changes exercises of the plan that the user follows."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from shared.actions.action_type import ActionType, InapplicableError, State
from shared.platform.text import JsonObject
from shared.safety.findings import Finding
from shared.safety.situation import Situation
from shared.safety.training_rules import check_plan
from shared.training.plan import Name, Plan, labels
from shared.training.units import UNITS, stored

NUMBERS = ("sets", "reps", "reps_max", "seconds", "load_kg", "distance_m", "rest_seconds", "rir")


class ExerciseChange(BaseModel):
    """`set` changes the numbers that are not null, `add` needs sets, and reps or seconds, `remove` none."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    operation: Literal["set", "add", "remove"]
    session: Name = Field(description="Name of the session in the plan.")
    exercise: Name = Field(description="The second of a name in its session is called `name 2`.")
    sets: int | None = Field(None, ge=1, le=50)
    reps: int | None = Field(None, ge=1, le=500)
    reps_max: int | None = Field(None, ge=1, le=500)
    seconds: int | None = Field(None, ge=1, le=28_800)
    load_kg: float | None = Field(None, ge=0, le=1000)
    load_lb: float | None = Field(None, ge=0, le=2200, exclude=True)
    distance_m: float | None = Field(None, ge=1, le=500_000)
    rest_seconds: int | None = Field(None, ge=0, le=1800)
    rir: int | None = Field(None, ge=0, le=10)

    @model_validator(mode="before")
    @classmethod
    def _in_si(cls, sent: Any) -> Any:
        return stored(sent)

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
    names = labels(exercises)
    if (change.operation == "add") == (change.exercise in names):
        raise InapplicableError(
            f"The session {change.session} has {'already' if change.operation == 'add' else 'no'} {change.exercise}."
        )
    if change.operation == "add":
        blank = {"name": change.exercise, "reps": None, "seconds": None, "load_kg": None, "rest_seconds": 90}
        return [*exercises, blank | change.numbers]
    named = dict(zip(names, exercises, strict=True))
    if change.operation == "set":
        return list((named | {change.exercise: {**named[change.exercise], **change.numbers}}).values())
    return [exercise for name, exercise in named.items() if name != change.exercise]


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
