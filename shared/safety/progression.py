"""How fast loads and sets may grow from what was planned or done before."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from shared.safety import limits
from shared.safety.athlete import Athlete
from shared.safety.findings import Finding, finding
from shared.safety.limits import BOUNDS
from shared.safety.movements import singular
from shared.training import Exercise, Plan, Workout

_ROUNDING = 1e-9


def check_progression(
    plan: Plan, athlete: Athlete, before: Plan | None, recent: Sequence[Workout]
) -> Iterable[Finding]:
    yield from _loads(plan, athlete, before, recent)
    yield from _volume(plan, athlete, before, recent)


def allowed_load(last_kg: float, athlete: Athlete) -> float:
    """kg that may follow `last_kg`: a share more, or the smallest step there is."""
    return max(last_kg * (1 + BOUNDS[athlete.experience].load_jump), last_kg + limits.SMALLEST_STEP_KG)


def _heaviest(exercises: Iterable[Exercise]) -> dict[str, float]:
    heaviest: defaultdict[str, float] = defaultdict(float)
    for exercise in exercises:
        if exercise.load_kg:
            name = singular(exercise.name)
            heaviest[name] = max(heaviest[name], exercise.load_kg)
    return heaviest


def _loads(plan: Plan, athlete: Athlete, before: Plan | None, recent: Sequence[Workout]) -> Iterable[Finding]:
    planned = [exercise for session in (before.sessions if before else ()) for exercise in session.exercises]
    last = _heaviest([*planned, *(exercise for workout in recent for exercise in workout.exercises)])
    for session in plan.sessions:
        for exercise in session.exercises:
            known = last.get(singular(exercise.name))
            if known and exercise.load_kg and exercise.load_kg > allowed_load(known, athlete) + _ROUNDING:
                message = (
                    f"{exercise.name} would go from {known:g} to {exercise.load_kg:g} kg at once. "
                    f"Up to {allowed_load(known, athlete):.4g} kg would be a fine next step."
                )
                yield finding(limits.LOAD_JUMP, message)


def _volume(plan: Plan, athlete: Athlete, before: Plan | None, recent: Sequence[Workout]) -> Iterable[Finding]:
    last = max(_planned_sets(before) if before else 0, _most_sets_in_a_week(recent))
    most = int(max(last * (1 + BOUNDS[athlete.experience].volume_jump), last + limits.SMALLEST_STEP_SETS) + _ROUNDING)
    if last and _planned_sets(plan) > most:
        message = (
            f"The week would go from {last} to {_planned_sets(plan)} sets. Up to {most} would be a fine next step."
        )
        yield finding(limits.VOLUME_JUMP, message)


def _planned_sets(plan: Plan) -> int:
    return sum(exercise.sets for session in plan.sessions for exercise in session.exercises)


def _most_sets_in_a_week(recent: Sequence[Workout]) -> int:
    """The most sets in any seven days; 0 for a log of less than two weeks, which may not show what is usual."""
    days = [workout.performed_on for workout in recent]
    if not days or max(days) - min(days) < timedelta(days=13):
        return 0
    return max(
        sum(
            exercise.sets
            for workout in recent
            if timedelta(0) <= workout.performed_on - start < timedelta(days=7)
            for exercise in workout.exercises
        )
        for start in days
    )
