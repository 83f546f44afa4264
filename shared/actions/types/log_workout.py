"""Writes a workout down."""

from uuid import UUID

from shared.actions.action_type import ActionType, State
from shared.safety.findings import Finding
from shared.safety.situation import Situation
from shared.safety.training_rules import check_workout
from shared.training.plan import Workout
from shared.training.units import UNITS


def _after(payload: Workout, _before: State | None, _action_id: UUID) -> State:
    return {"workout": payload.model_dump(mode="json")}


def _findings(payload: Workout, _after: State, situation: Situation) -> list[Finding]:
    return check_workout(payload, situation.latest_day)


TYPE = ActionType(
    name="log_workout",
    description="Propose to write down a workout that the user says was done. <today> tells the date.",
    payload=Workout,
    after=_after,
    findings=_findings,
    units=UNITS,
)
