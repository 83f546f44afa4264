"""What a user asks of their own training: the numbers that a model can quote are there, and today is theirs."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from infra.local.offline_models.server import RunningModels
from shared.llm import tokens
from tests.functions.test_chat import ask, prompt
from tests.support.functions.invocations import User, request
from tests.unit.shared.training.test_digest import six_days

Connection = psycopg.Connection[tuple[Any, ...]]
RUN = {"name": "Easy run", "sets": 1, "reps": None, "seconds": 1500, "load_kg": None, "rest_seconds": 0}


def squat(load: float) -> dict[str, Any]:
    return {"name": "Back squat", "sets": 3, "reps": 5, "seconds": None, "load_kg": load, "rest_seconds": 120}


@pytest.fixture
def today() -> date:
    """That of a user without a time zone."""
    return datetime.now(UTC).date()


def train(database: Connection, user: User, today: date, count: int) -> None:
    """Workouts over twelve weeks, evenly: half an hour with a squat that gains half a kilogram, and a run of 4 km."""
    for number in range(count):
        day = today - timedelta(days=int(83 * number / count))
        exercises = [squat(140 - number / 2), RUN | {"distance_m": 4000}]
        content = {"performed_on": day.isoformat(), "minutes": 30, "exercises": exercises, "notes": None}
        database.execute(
            "insert into workout_logs (user_id, performed_on, content) values (%s, %s, %s)",
            (user.id, day, Jsonb(content)),
        )


def expected(today: date, count: int) -> list[tuple[str, str]]:
    """Three questions about the month, and what of the digest answers each; reckoned without it."""
    days = [int(83 * number / count) for number in range(count)]
    month = sum(day < 28 for day in days)
    return [
        ("How often did I train in the last four weeks?", f"Last 28 days: {month} sessions, {30 * month} min"),
        ("How far did I run in them?", f"in 4 weeks {month}: {4 * month} km, {25 * month} min"),
        ("What is my best squat, and when was it?", f"{len(set(days))} days, best 3x5x140 ({today:%m-%d})"),
    ]


@pytest.mark.parametrize("count", [1, 16, 150])
def test_questions_about_the_month_are_answered_by_a_model_that_quotes_the_digest(
    user: User, session: str, models: RunningModels, database: Connection, today: date, count: int
) -> None:
    database.execute(
        "insert into workout_plans (user_id, content) values (%s, %s)",
        (user.id, Jsonb(six_days().model_dump(mode="json"))),
    )
    train(database, user, today, count)
    for place, (question, quote) in enumerate(expected(today, count)):
        said = json.dumps({"urgent": None, "answer": f"Your log says: {quote}.", "citations": []})
        models.behave(f"{place} {user.id}", "script", content=said)
        answer = ask(user, session, f"{question} {place} {user.id}")

        told = next(
            each["content"] for each in prompt(models, f"{place} {user.id}") if "\n<training>" in each["content"]
        )
        assert quote in told
        assert answer.body["message"]["content"] == f"Your log says: {quote}."
    digest = told[told.index("Log since") : told.index("</training>")]
    assert f"{count} of {count} workouts read" in digest
    assert tokens.count(digest) <= 1500


def test_what_is_logged_today_has_the_date_where_the_user_is(user: User, session: str) -> None:
    """In Los Angeles at eight in the evening it is tomorrow in UTC; here the zone is one that is a day off now."""
    now = datetime.now(UTC)
    behind, ahead = ("Etc/GMT+12", now - timedelta(hours=12)), ("Etc/GMT-14", now + timedelta(hours=14))
    zone, theirs = behind if now.hour < 12 else ahead
    assert theirs.date() != now.date()
    assert request("update_profile", "PATCH", "/v1/profile", user.token, {"time_zone": zone}).status == 200

    ask(user, session, "Log today's workout: squat 3x5 at 60 kg, 30 min.")
    (proposal,) = request("list_actions", "GET", "/v1/actions", user.token).body["items"]
    path = f"/v1/actions/{proposal['id']}/approve"
    approved = request("approve_action", "POST", path, user.token, {"version": proposal["version"]})
    assert approved.status == 200, approved.body
    (logged,) = request("list_workouts", "GET", "/v1/workout-logs", user.token, None, {}).body["items"]
    assert logged["performed_on"] == theirs.date().isoformat()


def test_pounds_that_are_told_are_stored_as_kilograms_and_shown_as_pounds(user: User, session: str) -> None:
    assert request("update_profile", "PATCH", "/v1/profile", user.token, {"units": "imperial"}).status == 200
    ask(user, session, "Log my workout: bench press 3x5 at 225 lb, 45 min")
    (proposal,) = request("list_actions", "GET", "/v1/actions", user.token).body["items"]
    assert proposal["payload"]["exercises"][0]["load_kg"] == 102.06
    assert proposal["preview"][0]["after"]["exercises"][0]["load_lb"] == 225
