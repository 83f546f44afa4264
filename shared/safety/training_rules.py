"""May this person do this plan, or have done this workout?"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from shared.safety.athlete import Athlete
from shared.safety.contraindications import check_equipment, check_injuries, check_special_groups
from shared.safety.findings import Finding
from shared.safety.progression import check_progression, working_sets
from shared.safety.rulebook import rule
from shared.safety.words import singular
from shared.training.plan import Exercise, Plan, Session, Workout

_DAYS_OF_WEEK = 7


def check_plan(
    plan: Plan, athlete: Athlete, before: Plan | None = None, recent: Sequence[Workout] = ()
) -> list[Finding]:
    """What makes a plan unsafe for this athlete, after the plan `before` and the `recent` workouts."""
    exercises = [exercise for session in plan.sessions for exercise in session.exercises]
    weeks = [plan.week(number) for number in range(1, plan.weeks + 1)]
    return _unique(
        [
            *check_special_groups(plan, exercises, athlete),
            *check_injuries(exercises, athlete),
            *check_equipment(exercises, athlete),
            *(found for week in weeks for found in _week(week, athlete)),
            *(found for week in weeks for session in week for found in _session(session, athlete)),
            *(found for exercise in exercises for found in (*_dose(exercise, athlete), *_implausible(exercise))),
            *check_progression(plan, athlete, before, recent),
        ]
    )


def check_workout(workout: Workout, latest_day: date | None = None) -> list[Finding]:
    """What cannot be true of a log. It is of the past: what was unwise is still worth keeping, whoever did it."""
    found = [*_date(workout.performed_on, latest_day)] if latest_day else []
    found += [one for exercise in workout.exercises for one in _implausible(exercise)]
    impossible = rule("impossible_work")
    seconds = sum(_work_seconds(exercise) for exercise in workout.exercises)
    if seconds > workout.minutes * 60 * impossible.bounds["percent"] / 100:
        found.append(impossible.finding(minutes=seconds / 60, given=workout.minutes))
    return _unique(found)


def _date(performed_on: date, latest_day: date) -> Iterable[Finding]:
    impossible = rule("impossible_date")
    if not latest_day - timedelta(days=impossible.bounds["max_days_ago"]) <= performed_on <= latest_day:
        yield impossible.finding(date=performed_on, latest=latest_day)


def _unique(findings: Iterable[Finding]) -> list[Finding]:
    return list(dict.fromkeys(findings))


def _work_seconds(exercise: Exercise) -> float:
    reps_take = (exercise.reps or 0) * rule("impossible_work").bounds["rep_seconds"]
    return exercise.sets * (exercise.seconds or reps_take)


def _implausible(exercise: Exercise) -> Iterable[Finding]:
    impossible = rule("impossible_load")
    if exercise.load_kg and exercise.load_kg > impossible.bounds["max_kg"]:
        yield impossible.finding(load=exercise.load_kg, name=exercise.name)
        return
    lift = rule("impossible_lift")
    name = singular(exercise.name)
    most = [kg for words, kg in lift.bounds.items() if words.replace("_", " ") in name]
    if exercise.load_kg and most and exercise.load_kg > min(most):
        yield lift.finding(load=exercise.load_kg, name=exercise.name)


def _week(week: Sequence[Session], athlete: Athlete) -> Iterable[Finding]:
    count, most = sum(session.times for session in week), rule("sessions_per_week").bounds[athlete.experience]
    if count > most:
        yield rule("sessions_per_week").finding(count=count, athlete=_called(athlete), most=most)
    elif count == _DAYS_OF_WEEK:
        yield rule("rest_day").finding()
    if athlete.sessions_per_week and count > athlete.sessions_per_week:
        yield rule("sessions_available").finding(count=count, available=athlete.sessions_per_week)


def _called(athlete: Athlete) -> str:
    return f"{'a' if athlete.experience == 'beginner' else 'an'} {athlete.experience}"


def _session(session: Session, athlete: Athlete) -> Iterable[Finding]:
    name, minutes, level = session.name, session.minutes, athlete.experience
    sets = working_sets(session.exercises)
    if sets > (most := rule("sets_per_session").bounds[level]):
        yield rule("sets_per_session").finding(name=name, sets=sets, most=most)
    if minutes > (most := rule("session_length").bounds[level]):
        yield rule("session_length").finding(name=name, minutes=minutes, most=most, athlete=_called(athlete))
    if athlete.minutes_per_session and minutes > athlete.minutes_per_session:
        yield rule("time_available").finding(name=name, minutes=minutes, available=athlete.minutes_per_session)
    needed = sum(_work_seconds(each) + (each.sets - 1) * each.rest_seconds for each in session.exercises)
    if needed > minutes * 60:
        yield rule("work_fits_session").finding(name=name, needed=needed / 60, minutes=minutes)


def _dose(exercise: Exercise, athlete: Athlete) -> Iterable[Finding]:
    name, sets, level = exercise.name, working_sets([exercise]), athlete.experience
    if sets > (most := rule("sets_per_exercise").bounds[level]):
        yield rule("sets_per_exercise").finding(sets=sets, name=name, most=most)
    yield from _heavy_dose(exercise, level)


def _heavy_dose(exercise: Exercise, level: str) -> Iterable[Finding]:
    reps, name = exercise.reps, exercise.name
    heavy, few = rule("rest_of_heavy_sets"), rule("beginner_heavy_lifts")
    if reps is None or not exercise.load_kg or exercise.load_kg < heavy.bounds["min_kg"]:
        return
    if reps < few.bounds[level]:
        yield few.finding(reps=reps, name=name, min=few.bounds[level])
    short = exercise.rest_seconds < heavy.bounds["min_seconds"]
    if short and reps <= heavy.bounds["reps"] and exercise.sets > 1:
        yield heavy.finding(rest=exercise.rest_seconds, name=name)
