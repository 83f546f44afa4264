"""Writes a workout down."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from shared.actions.action_type import ActionType, State
from shared.actions.types.create_workout_plan import UNITS
from shared.safety.athlete import Athlete
from shared.safety.findings import Finding
from shared.safety.situation import Situation
from shared.safety.training_rules import check_workout
from shared.training import Workout


def _after(payload: Workout, _before: Any, _action_id: UUID) -> State:
    return {"workout": payload.model_dump(mode="json")}


def _findings(payload: Workout, _after: State, situation: Situation) -> list[Finding]:
    return check_workout(payload, Athlete.of(situation.profile, situation.words), recent=situation.workouts)


TYPE = ActionType(
    name="log_workout",
    description="Propose to write down a workout that the user says was done. <today> tells the date.",
    payload=Workout,
    after=_after,
    findings=_findings,
    time_to_live=timedelta(days=7),
    undo_for=timedelta(days=7),
    units=UNITS,
)
