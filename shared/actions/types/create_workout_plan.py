"""Makes a workout plan and follows it from then on."""

from uuid import UUID

from shared.actions.action_type import ActionType, State
from shared.safety.findings import Finding
from shared.safety.situation import Situation
from shared.safety.training_rules import check_plan
from shared.training.plan import Plan
from shared.training.units import UNITS


def _after(payload: Plan, _before: State | None, action_id: UUID) -> State:
    return {"plan": payload.model_dump(mode="json"), "active_plan": {"id": str(action_id), "name": payload.name}}


def _findings(payload: Plan, _after: State, situation: Situation) -> list[Finding]:
    return check_plan(payload, situation.athlete, before=situation.plan, recent=situation.workouts)


TYPE = ActionType(
    name="create_workout_plan",
    description="Propose a new workout plan, which replaces the one that the user follows. Within the user's "
    "experience, equipment, time and injuries. load_kg is null for body weight; an exercise has reps, seconds or a "
    "distance.",
    payload=Plan,
    after=_after,
    findings=_findings,
    units=UNITS,
)
