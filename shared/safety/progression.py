"""How fast loads and sets may grow from what was planned or done before."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from shared.safety.athlete import Athlete
from shared.safety.contraindications import asks
from shared.safety.findings import Finding
from shared.safety.rulebook import rule
from shared.safety.words import singular
from shared.training.plan import Exercise, Plan, Session, Workout

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


def working_sets(exercises: Iterable[Exercise]) -> int:
    """What tires a muscle: no warm-up, and a run is one however many intervals it has."""
    return sum(1 if _is_endurance(each) else each.sets for each in exercises if not each.warm_up)


def _is_endurance(exercise: Exercise) -> bool:
    timed = exercise.seconds is not None or exercise.distance_m is not None
    return timed and not exercise.load_kg and asks(exercise.name, ("endurance",))


def _exercises(sessions: Iterable[Session]) -> list[Exercise]:
    return [exercise for session in sessions for exercise in session.exercises]


def _weeks(plan: Plan | None) -> list[list[Session]]:
    return [plan.week(number) for number in range(1, plan.weeks + 1)] if plan else []


def _heaviest(exercises: Iterable[Exercise]) -> dict[str, float]:
    heaviest: defaultdict[str, float] = defaultdict(float)
    for exercise in exercises:
        if exercise.load_kg:
            name = singular(exercise.name)
            heaviest[name] = max(heaviest[name], exercise.load_kg)
    return heaviest


def _loads(plan: Plan, before: Plan | None, recent: Sequence[Workout]) -> Iterable[Finding]:
    """From what was planned or done to the first week, and from each week to the next."""
    planned = [exercise for week in _weeks(before) for exercise in _exercises(week)]
    last = _heaviest([*planned, *(exercise for workout in recent for exercise in workout.exercises)])
    for week in _weeks(plan):
        exercises = _exercises(week)
        for exercise in exercises:
            known = last.get(singular(exercise.name))
            if known and exercise.load_kg and exercise.load_kg > (most := allowed_load(known)) + _ROUNDING:
                yield rule("load_jump").finding(name=exercise.name, last=known, load=exercise.load_kg, most=most)
        for name, load in _heaviest(exercises).items():
            last[name] = max(last.get(name, 0), load)


def _volume(plan: Plan, athlete: Athlete, before: Plan | None, recent: Sequence[Workout]) -> Iterable[Finding]:
    last = max(max(map(_sets, _weeks(before)), default=0), _most_sets_in_a_week(recent))
    for week in _weeks(plan):
        sets = _sets(week)
        if last and sets > (most := _allowed_sets(last, athlete)):
            yield rule("volume_jump").finding(last=last, sets=sets, most=most)
        last = max(last, sets)


def _sets(week: Iterable[Session]) -> int:
    return sum(working_sets(session.exercises) * session.times for session in week)


def _most_sets_in_a_week(recent: Sequence[Workout]) -> int:
    """The most sets in any seven days; 0 for too short a log."""
    days = [workout.performed_on for workout in recent]
    if not days or max(days) - min(days) < _MIN_LOG:
        return 0
    weeks = ([each for each in recent if timedelta(0) <= each.performed_on - start < _WEEK] for start in days)
    return max(sum(working_sets(workout.exercises) for workout in week) for week in weeks)
