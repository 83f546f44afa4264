"""How fast loads and sets may grow from what was planned or done before."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from shared.safety.athlete import Athlete
from shared.safety.findings import Finding
from shared.safety.rulebook import rule
from shared.safety.words import singular
from shared.training import Exercise, Plan, Workout

_ROUNDING = 1e-9
_MIN_LOG = timedelta(days=13)  # a log of less than two weeks may not show what is usual
_WEEK = timedelta(days=7)


def check_progression(
    plan: Plan, athlete: Athlete, before: Plan | None, recent: Sequence[Workout]
) -> Iterable[Finding]:
    yield from _loads(plan, before, recent)
    yield from _volume(plan, athlete, before, recent)


def allowed_load(last_kg: float) -> float:
    """kg that may follow `last_kg`: a share more, or the smallest step there is."""
    bounds = rule("load_jump").bounds
    return max(last_kg * (1 + bounds["percent"] / 100), last_kg + bounds["step_kg"])


def _allowed_sets(last: int, athlete: Athlete) -> int:
    bounds = rule("volume_jump").bounds
    return int(max(last * (1 + bounds[athlete.experience] / 100), last + bounds["step_sets"]) + _ROUNDING)


def _exercises(plan: Plan | None) -> list[Exercise]:
    return [exercise for session in (plan.sessions if plan else ()) for exercise in session.exercises]


def _heaviest(exercises: Iterable[Exercise]) -> dict[str, float]:
    heaviest: defaultdict[str, float] = defaultdict(float)
    for exercise in exercises:
        if exercise.load_kg:
            name = singular(exercise.name)
            heaviest[name] = max(heaviest[name], exercise.load_kg)
    return heaviest


def _loads(plan: Plan, before: Plan | None, recent: Sequence[Workout]) -> Iterable[Finding]:
    last = _heaviest([*_exercises(before), *(exercise for workout in recent for exercise in workout.exercises)])
    for exercise in _exercises(plan):
        known = last.get(singular(exercise.name))
        if known and exercise.load_kg and exercise.load_kg > (most := allowed_load(known)) + _ROUNDING:
            yield rule("load_jump").finding(name=exercise.name, last=known, load=exercise.load_kg, most=most)


def _volume(plan: Plan, athlete: Athlete, before: Plan | None, recent: Sequence[Workout]) -> Iterable[Finding]:
    last = max(_sets(_exercises(before)), _most_sets_in_a_week(recent))
    sets, most = _sets(_exercises(plan)), _allowed_sets(last, athlete)
    if last and sets > most:
        yield rule("volume_jump").finding(last=last, sets=sets, most=most)


def _sets(exercises: Iterable[Exercise]) -> int:
    return sum(exercise.sets for exercise in exercises)


def _most_sets_in_a_week(recent: Sequence[Workout]) -> int:
    """The most sets in any seven days; 0 for too short a log."""
    days = [workout.performed_on for workout in recent]
    if not days or max(days) - min(days) < _MIN_LOG:
        return 0
    weeks = ([each for each in recent if timedelta(0) <= each.performed_on - start < _WEEK] for start in days)
    return max(sum(_sets(workout.exercises) for workout in week) for week in weeks)
