"""What the coach looks up of a user's own: workouts of some days, and how a room stands."""

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.support.database.actors import Connection, add_user
from tests.support.database.proposals import Inbox
from tests.support.database.rooms import Rooms


@pytest.fixture
def inbox(connection: Connection) -> Inbox:
    return Inbox(connection, add_user(connection))


def log(inbox: Inbox, day: str, exercise: str) -> None:
    inbox.connection.execute(
        "insert into workout_logs (user_id, performed_on, content) values (%s, %s, %s)",
        (inbox.user, day, Jsonb({"performed_on": day, "exercises": [{"name": exercise}]})),
    )


def between(inbox: Inbox, since: str, until: str, exercise: str | None = None, limit: int = 60) -> Any:
    given = {"p_since": since, "p_until": until, "p_exercise": exercise, "p_limit": limit}
    found = inbox.call("workouts_between", p_user_id=inbox.user, **given)
    return found["total"], [each["performed_on"] for each in found["workouts"]]


def test_workouts_of_some_days_come_newest_first_with_how_many_there_are(inbox: Inbox, connection: Connection) -> None:
    for day in ("2026-10-01", "2026-10-02", "2026-10-03", "2026-11-01"):
        log(inbox, day, "Squat")
    log(Inbox(connection, add_user(connection)), "2026-10-02", "Squat")
    assert between(inbox, "2026-10-01", "2026-10-31") == (3, ["2026-10-03", "2026-10-02", "2026-10-01"])
    assert between(inbox, "2026-10-01", "2026-10-31", limit=1) == (3, ["2026-10-03"])
    assert between(inbox, "2027-01-01", "2026-01-01") == (0, [])


def test_an_exercise_is_found_whatever_its_case_and_without_wildcards(inbox: Inbox) -> None:
    log(inbox, "2026-10-01", "Back Squat")
    log(inbox, "2026-10-02", "Bench")
    assert between(inbox, "2026-10-01", "2026-10-31", "squat") == (1, ["2026-10-01"])
    assert between(inbox, "2026-10-01", "2026-10-31", "%") == (0, [])


def test_a_room_is_told_to_its_owner_alone_and_the_newest_without_an_id(inbox: Inbox, connection: Connection) -> None:
    for number in (1, 2):
        connection.execute(
            "insert into rooms (room_id, user_id, task_prompt, folder_path, created_at) "
            "values (repeat(%s, 64), %s, %s, %s, now() + %s * interval '1 s')",
            (str(number), inbox.user, f"Task {number}", f"rooms/{number}/", number),
        )
    newest = inbox.call("room_for_coach", p_user_id=inbox.user)
    assert (newest["asked"], newest["status"], newest["files"], newest["questions"]) == ("Task 2", "pending", [], [])
    stranger = add_user(connection)
    assert inbox.call("room_for_coach", p_user_id=stranger) is None
    assert inbox.call("room_for_coach", p_user_id=stranger, p_room_id=newest["room_id"]) is None


def test_of_a_room_its_plan_review_and_files_are_told(inbox: Inbox, connection: Connection) -> None:
    rooms = Rooms(connection, inbox.user)
    room = rooms.opened()
    (task,) = rooms.plan(room, t1="")
    rooms.begin(room, task)
    rooms.draft(room, task, "plan.md")
    rooms.finish_task(room, task)
    told = inbox.call("room_for_coach", p_user_id=inbox.user)
    assert (told["criteria"], told["review"]) == (["whole"], None)
    criteria = [{"criterion": "whole", "met": False, "reason": "Half of it.", "file": "plan.md"}]
    rooms.call("store_review", room_id=room, review={"criteria": criteria, "round": 1}, run=1)
    told = inbox.call("room_for_coach", p_user_id=inbox.user)
    assert told["review"] == [{"criterion": "whole", "met": False, "reason": "Half of it."}]
    assert [(file["filename"], file["bytes"], file["version"]) for file in told["files"]] == [("plan.md", 5, 1)]
