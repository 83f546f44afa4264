"""May this person do this plan, or have done this workout?"""

from collections.abc import Iterable, Sequence

from shared.safety import limits
from shared.safety.athlete import Athlete
from shared.safety.contraindications import check_injuries
from shared.safety.equipment import check_equipment
from shared.safety.findings import Finding, finding
from shared.safety.limits import BOUNDS
from shared.safety.progression import check_progression
from shared.safety.special_groups import check_special_groups
from shared.training import Exercise, Plan, Session, Workout

MOST_KG = 600
FASTEST_REP_SECONDS = 0.4  # skipping rope is the fastest, about 2 or 3 a second
WEEK = 7  # days


def check_plan(
    plan: Plan, athlete: Athlete, before: Plan | None = None, recent: Sequence[Workout] = ()
) -> list[Finding]:
    """What makes a plan unsafe for this athlete, after the plan `before` and the `recent` workouts."""
    exercises = [exercise for session in plan.sessions for exercise in session.exercises]
    return _unique(
        [
            *check_special_groups(plan, athlete),
            *check_injuries(exercises, athlete),
            *check_equipment(exercises, athlete),
            *_week(plan, athlete),
            *(found for session in plan.sessions for found in _session(session, athlete)),
            *(found for exercise in exercises for found in (*_dose(exercise, athlete), *_implausible(exercise))),
            *check_progression(plan, athlete, before, recent),
        ]
    )


def check_workout(workout: Workout, athlete: Athlete, recent: Sequence[Workout] = ()) -> list[Finding]:  # noqa: ARG001
    """What cannot be true of a log. It is of the past: what was unwise is still worth keeping, whoever did it."""
    found = [one for exercise in workout.exercises for one in _implausible(exercise)]
    seconds = sum(_work_seconds(exercise) for exercise in workout.exercises)
    if seconds > workout.minutes * 60 * 1.5:  # what is timed by feel may be half as long again
        message = (
            f"This work takes at least {seconds / 60:.0f} minutes but {workout.minutes} are given. "
            f"Please check the numbers."
        )
        found.append(finding(limits.IMPOSSIBLE_WORK, message))
    return _unique(found)


def _unique(findings: Iterable[Finding]) -> list[Finding]:
    return list(dict.fromkeys(findings))


def _work_seconds(exercise: Exercise) -> float:
    return exercise.sets * (exercise.seconds or (exercise.reps or 0) * FASTEST_REP_SECONDS)


def _implausible(exercise: Exercise) -> Iterable[Finding]:
    if exercise.load_kg and exercise.load_kg > MOST_KG:
        message = (
            f"{exercise.load_kg:g} kg for {exercise.name} is more than people lift. Please check the "
            f"load; is it in pounds?"
        )
        yield finding(limits.IMPOSSIBLE_LOAD, message)


def _week(plan: Plan, athlete: Athlete) -> Iterable[Finding]:
    bounds = BOUNDS[athlete.experience]
    count = len(plan.sessions)
    if count > bounds.sessions_per_week:
        message = (
            f"{count} sessions a week are too many for {_article(athlete.experience)} athlete; "
            f"up to {bounds.sessions_per_week} are fine."
        )
        yield finding(limits.FREQUENCY, message)
    elif count == WEEK:
        message = "Seven sessions leave no day of rest. Six or fewer are fine, with at least one day off each week."
        yield finding(limits.REST_DAY, message)
    if athlete.sessions_per_week and count > athlete.sessions_per_week:
        message = f"The plan has {count} sessions a week but you have time for {athlete.sessions_per_week}."
        yield finding(limits.SESSIONS_AVAILABLE, message)


def _article(experience: str) -> str:
    return f"{'a' if experience == 'beginner' else 'an'} {experience}"


def _session(session: Session, athlete: Athlete) -> Iterable[Finding]:
    bounds = BOUNDS[athlete.experience]
    sets = sum(exercise.sets for exercise in session.exercises)
    if sets > bounds.sets_per_session:
        message = (
            f"“{session.name}” has {sets} sets; up to {bounds.sets_per_session} in one session are fine. "
            f"Spread them over the week."
        )
        yield finding(limits.SETS_SESSION, message)
    if session.minutes > bounds.minutes:
        message = (
            f"“{session.name}” takes {session.minutes} minutes; up to {bounds.minutes} are fine for "
            f"{_article(athlete.experience)} athlete."
        )
        yield finding(limits.SESSION_LENGTH, message)
    if athlete.minutes_per_session and session.minutes > athlete.minutes_per_session:
        message = (
            f"“{session.name}” takes {session.minutes} minutes but you have "
            f"{athlete.minutes_per_session}. A shorter one would be fine."
        )
        yield finding(limits.TIME, message)
    needed = sum(
        _work_seconds(exercise) + (exercise.sets - 1) * exercise.rest_seconds for exercise in session.exercises
    )
    if needed > session.minutes * 60:
        message = (
            f"The work and rest of “{session.name}” take {needed / 60:.0f} minutes, more than its "
            f"{session.minutes}. Fewer sets would fit."
        )
        yield finding(limits.LONGER_THAN_SESSION, message)


def _dose(exercise: Exercise, athlete: Athlete) -> Iterable[Finding]:
    bounds = BOUNDS[athlete.experience]
    if exercise.sets > bounds.sets_per_exercise:
        message = f"{exercise.sets} sets of {exercise.name} are too many; up to {bounds.sets_per_exercise} are fine."
        yield finding(limits.SETS_EXERCISE, message)
    if exercise.reps is None or not exercise.load_kg or exercise.load_kg < limits.HEAVY_LOAD_KG:
        return
    if exercise.reps < bounds.heaviest_reps:
        message = (
            f"{exercise.reps} heavy repetitions of {exercise.name} are too close to a maximum while you learn it; "
            f"{bounds.heaviest_reps} or more with a lighter load are fine."
        )
        yield finding(limits.BEGINNER_MAXIMUM, message)
    if exercise.reps <= limits.HEAVY_REPS and exercise.sets > 1 and exercise.rest_seconds < limits.HEAVY_REST_SECONDS:
        message = (
            f"{exercise.rest_seconds} seconds are too short a rest between heavy sets of "
            f"{exercise.name}; 2 to 5 minutes are fine."
        )
        yield finding(limits.HEAVY_REST, message)
