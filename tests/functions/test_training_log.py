"""Plans and workouts without the coach: listed, written down, corrected, deleted."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.support.functions.invocations import Answer, User, request

Connection = psycopg.Connection[tuple[Any, ...]]
SQUAT = {"name": "Squat", "sets": 3, "reps": 8, "seconds": None, "load_kg": 60, "rest_seconds": 120}
WORKOUT = {"performed_on": "2026-11-20", "minutes": 40, "exercises": [SQUAT], "notes": None}


def log(user: User, body: Any = WORKOUT, **headers: Any) -> Answer:
    return request("log_workout", "POST", "/v1/workout-logs", user.token, body, **headers)


def listed(user: User, **query: Any) -> Answer:
    return request("list_workouts", "GET", "/v1/workout-logs", user.token, None, query)


def change(user: User, workout: str, **body: Any) -> Answer:
    return request("change_workout", "PATCH", f"/v1/workout-logs/{workout}", user.token, body)


def delete(user: User, workout: str) -> Answer:
    return request("delete_workout", "DELETE", f"/v1/workout-logs/{workout}", user.token)


def test_a_workout_is_written_down_corrected_and_deleted(user: User) -> None:
    logged = log(user)
    assert (logged.status, logged.body["performed_on"]) == (201, "2026-11-20")
    changed = change(user, logged.body["id"], minutes=45, performed_on="2026-11-19", felt=4)
    assert (changed.status, changed.body["performed_on"]) == (200, "2026-11-19")
    assert (changed.body["content"]["minutes"], changed.body["content"]["felt"]) == (45, 4)
    assert changed.body["content"]["exercises"] == logged.body["content"]["exercises"]
    assert listed(user).body["items"] == [changed.body]
    assert delete(user, logged.body["id"]).status == 204
    assert listed(user).body["items"] == []


def test_pounds_and_miles_are_stored_in_si(user: User) -> None:
    squat = {name: part for name, part in SQUAT.items() if name != "load_kg"} | {"load_lb": 225}
    assert log(user, WORKOUT | {"exercises": [squat]}).body["content"]["exercises"][0]["load_kg"] == 102.06


def test_what_says_nothing_may_be_left_out_of_an_exercise(user: User) -> None:
    plank = {"name": "Plank", "sets": 3, "rest_seconds": 60, "seconds": 40}
    (exercise,) = log(user, WORKOUT | {"exercises": [plank]}).body["content"]["exercises"]
    assert exercise == plank | {"reps": None, "load_kg": None}


def test_the_same_key_writes_one_down(user: User) -> None:
    first, second = (log(user, Idempotency_Key="k") for _ in range(2))
    assert (second.status, second.headers["idempotent-replayed"]) == (201, "true")
    assert first.body == second.body
    assert log(user, WORKOUT | {"minutes": 41}, Idempotency_Key="k").body["code"] == "idempotency_key_reused"
    assert len(listed(user).body["items"]) == 1


def test_those_done_last_come_first_and_pages_meet(user: User) -> None:
    for day in (3, 1, 2, 2, 5):
        log(user, WORKOUT | {"performed_on": f"2026-11-0{day}"})
    first = listed(user, limit=3).body
    second = listed(user, limit=3, cursor=first["next_cursor"]).body
    days = [item["performed_on"][-1] for item in first["items"] + second["items"]]
    assert days == ["5", "3", "2", "2", "1"]
    assert len({item["id"] for item in first["items"] + second["items"]}) == 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"performed_on": "2062-01-01"},
        {"performed_on": "0001-01-01"},
        {"minutes": "40"},
        {"minutes": 0},
        {"exercises": []},
        {"exercises": [SQUAT | {"sets": True}]},
        {"exercises": [SQUAT | {"load_kg": 990}]},
        {"user_id": str(uuid4())},
        {"notes": "a\x00b"},
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(user: User, wrong: dict[str, Any]) -> None:
    refused = log(user, WORKOUT | wrong)
    assert refused.status == 422, refused.body
    assert listed(user).body["items"] == []


@pytest.mark.parametrize(
    "wrong", [{}, {"minutes": None}, {"minutes": 700}, {"reps": 3}, {"performed_on": "2062-01-01"}]
)
def test_a_correction_that_makes_no_sense_changes_nothing(user: User, wrong: dict[str, Any]) -> None:
    workout = log(user).body
    assert change(user, workout["id"], **wrong).status == 422
    assert listed(user).body["items"] == [workout]


def test_anothers_workout_is_not_there(user: User, add_user: Callable[[], User]) -> None:
    workout, other = log(user).body, add_user()
    for answer in (change(other, workout["id"], minutes=45), delete(other, workout["id"])):
        assert (answer.status, answer.body["code"]) == (404, "workout_not_found")
    assert change(user, str(uuid4()), minutes=45).body["code"] == "workout_not_found"
    assert listed(other).body["items"] == []
    assert listed(user).body["items"] == [workout]


def test_a_workout_of_an_older_version_is_readable(user: User, database: Connection) -> None:
    database.execute(
        "insert into workout_logs (user_id, performed_on, content) values (%s, '2026-01-01', %s)",
        (user.id, Jsonb({"minutes": 40})),
    )
    [old] = listed(user).body["items"]
    assert old["content"] == {"minutes": 40}
    assert change(user, old["id"], minutes=41).status == 422
    whole = change(user, old["id"], **WORKOUT)
    assert whole.body["content"]["exercises"][0]["name"] == "Squat"


def test_plans_are_listed_newest_first_with_the_one_that_is_followed(user: User, database: Connection) -> None:
    for name, active in (("old", False), ("new", True)):
        database.execute(
            "insert into workout_plans (user_id, is_active, content) values (%s, %s, %s)",
            (user.id, active, Jsonb({"name": name})),
        )
    plans = request("list_workout_plans", "GET", "/v1/workout-plans", user.token).body["items"]
    assert [(plan["content"]["name"], plan["is_active"]) for plan in plans] == [("new", True), ("old", False)]
