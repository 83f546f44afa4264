"""Makes an athlete a user of the cloud: signed up, with profile, plan and training log."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from infra.local.cloud.description import Cloud
from infra.local.demo.limits import Plan, put_on_plan
from infra.local.demo.phone import Phone
from tests.evals.cases import Athlete, FollowedPlan, Workout

AMPLE = Plan("evals", 1_000_000_000, 10_000, 1_000)  # the budget of a run is what limits it
REST = 120  # seconds
_SETS = re.compile(
    r"(?P<name>.+?) (?P<sets>\d+)x(?P<amount>\d+)(?P<seconds>s?)(?: (?P<load>[\d.]+))?(?: (?P<metres>\d+)m)?"
)
NEW_WORKOUT = "insert into workout_logs (user_id, performed_on, content) values (%s, %s, %s)"
NEW_PLAN = "insert into workout_plans (user_id, content) values (%s, %s)"


def today(athlete: Athlete, now: datetime | None = None) -> date:
    """Where the athlete is."""
    return (now or datetime.now(UTC)).astimezone(ZoneInfo(athlete.time_zone)).date()


def join(cloud: Cloud, athlete: Athlete) -> Phone:
    """A new user; whoever calls closes it. Raises StepError when the profile is refused."""
    user = Phone.sign_up(cloud, "eval")
    put_on_plan(cloud, user, AMPLE)
    if athlete.profile:
        user.call("PATCH", "/v1/profile", athlete.profile).expect(200)
    with psycopg.connect(cloud.database_url) as connection:
        for workout in athlete.workouts:
            content = logged(workout, today(athlete))
            connection.execute(NEW_WORKOUT, (user.user_id, content["performed_on"], json.dumps(content)))
        if athlete.plan:
            connection.execute(NEW_PLAN, (user.user_id, json.dumps(followed(athlete.plan))))
    return user


def exercise(line: str) -> dict[str, Any]:
    """As shared/training/plan.py has it. Raises ValueError for a line that cannot be read."""
    found = _SETS.fullmatch(line)
    if not found:
        raise ValueError(f"no sets: {line}")
    amount, held = int(found["amount"]), bool(found["seconds"])
    load = float(found["load"]) if found["load"] else None
    numbers = {"sets": int(found["sets"]), "reps": None if held else amount, "seconds": amount if held else None}
    distance = {"distance_m": float(found["metres"])} if found["metres"] else {}
    return {"name": found["name"], **numbers, "load_kg": load, "rest_seconds": REST, **distance}


def logged(workout: Workout, now: date) -> dict[str, Any]:
    """As it is stored; `now` is the day from which its days ago count."""
    performed_on = (now - timedelta(days=workout.days_ago)).isoformat()
    said = {"performed_on": performed_on, "minutes": workout.minutes, "notes": workout.notes}
    return {**said, "exercises": [exercise(line) for line in workout.sets]}


def followed(plan: FollowedPlan) -> dict[str, Any]:
    sessions = [
        {"name": each.name, "minutes": each.minutes, "exercises": [exercise(line) for line in each.sets]}
        for each in plan.sessions
    ]
    return {"name": plan.name, "goal": plan.goal, "weeks": plan.weeks, "sessions": sessions}
