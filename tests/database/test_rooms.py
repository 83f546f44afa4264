"""The life of a room: created once, planned once, worked on in waves, finished once; every event in its order."""

from typing import Any

import pytest

from tests.support.database.actors import Connection
from tests.support.database.rooms import Rooms, ids, task
from tests.support.database.turns import Refusal


@pytest.fixture
def rooms(connection: Connection) -> Rooms:
    return Rooms(connection)


def test_a_room_is_created_with_its_budget_reserved_and_an_event(rooms: Rooms) -> None:
    created = rooms.create(limits={"tokens": 500, "cost": 0.25}, agents=["writer"], provider="Mixed")
    room = created["room"]

    assert (room["status"], room["run"], room["agents"], room["provider"]) == ("pending", 1, ["writer"], "Mixed")
    assert room["folder_path"] == f"rooms/{room['room_id']}/"
    assert len(room["room_id"]) == 64
    assert [event["type"] for event in created["events"]] == ["room.updated"]
    assert rooms.week() == (0, 500, 0.0, 0.25)


def test_a_repeated_request_creates_and_reserves_nothing(rooms: Rooms) -> None:
    first, again = rooms.create("k"), rooms.create("k")

    assert (again["replayed"], again["room"], again["events"]) == (True, first["room"], [])
    assert rooms.value("select count(*) from rooms") == 1
    assert rooms.week()[1] == 200_000


def test_a_repeated_request_says_how_the_room_is_now(rooms: Rooms) -> None:
    room = rooms.create("k")["room"]["id"]
    rooms.finish(room, status="failed", reason="workflow_unavailable")
    again = rooms.create("k")["room"]

    assert (again["status"], again["status_reason"]) == ("failed", "workflow_unavailable")


def test_a_room_beyond_the_week_is_refused_and_leaves_nothing(rooms: Rooms) -> None:
    rooms.connection.execute("update ai_usage_plans set weekly_tokens = 1000000")
    refused = rooms.create("k", limits={"tokens": 1_000_001})

    assert (refused.sqlstate, refused.message) == ("PT429", "quota_exceeded")
    assert rooms.rows("select 1 from rooms") == rooms.rows("select 1 from ai_idempotency_keys") == []
    assert rooms.week() == (0, 0, 0.0, 0.0)


def test_a_room_belongs_to_a_session_of_its_owner_only(rooms: Rooms) -> None:
    stranger = Rooms(rooms.connection)
    session = str(rooms.call("create_session", user_id=rooms.user)["response"]["id"])

    assert rooms.create(session_id=session)["room"]["session_id"] == session
    assert stranger.create(session_id=session).message == "session_not_found"


def test_a_room_outlives_the_session_that_opened_it(rooms: Rooms) -> None:
    session = str(rooms.call("create_session", user_id=rooms.user)["response"]["id"])
    room = rooms.create(session_id=session)["room"]["id"]
    rooms.call("delete_session", user_id=rooms.user, session_id=session)

    assert rooms.snapshot(room)["room"]["session_id"] is None
    assert rooms.week()[1] == 200_000


def test_starting_is_noted_once_and_only_for_the_run_of_today(rooms: Rooms) -> None:
    room = rooms.create()["room"]["id"]
    before = rooms.call("start_room", room_id=room, run=1)
    after = rooms.call("start_room", room_id=room, execution_arn="arn:x", run=1)
    other = rooms.call("start_room", room_id=room, execution_arn="arn:y", run=2)

    assert [x["proceed"] for x in (before, after, other)] == [True, True, False]
    assert [len(x["events"]) for x in (before, after, other)] == [1, 0, 0]
    assert rooms.value("select execution_arn from rooms") == "arn:x"
    rooms.cancel(room)
    assert not rooms.call("start_room", room_id=room)["proceed"]


def test_the_first_plan_stands(rooms: Rooms) -> None:
    room = rooms.opened()
    first = rooms.plan(room, t1="", t2="t1")
    again = rooms.call("store_plan", room_id=room, plan={"other": 1}, tasks=[task("x")])

    assert ids(again) == first
    assert again["room"]["plan"] == {"criteria": ["whole"]}
    assert again["events"] == []
    assert [(t["key"], t["depends_on"]) for t in again["tasks"]] == [("t1", []), ("t2", ["t1"])]


def test_repairs_come_behind_the_plan_and_once(rooms: Rooms) -> None:
    room = rooms.opened()
    rooms.plan(room, t1="", t2="")
    rooms.call("add_repairs", room_id=room, tasks=[task("r1", "t1")])
    again = rooms.call("add_repairs", room_id=room, tasks=[task("r2")])

    assert [(t["key"], t["round"], t["position"]) for t in again["tasks"]] == [("t1", 0, 0), ("t2", 0, 1), ("r1", 1, 2)]


def test_a_task_waits_for_those_before_it(rooms: Rooms) -> None:
    room = rooms.opened()
    first, second = rooms.plan(room, t1="", t2="t1")

    assert rooms.begin(room, second)["outcome"] == "busy"
    rooms.do(room, first)
    assert rooms.begin(room, second)["outcome"] == "run"


@pytest.mark.parametrize("end", ["fail_task", "skipped"])
def test_a_task_without_what_it_needs_is_skipped(rooms: Rooms, end: str) -> None:
    room = rooms.opened()
    first, second, third = rooms.plan(room, t1="", t2="t1", t3="t2")
    rooms.begin(room, first)
    rooms.fail_task(room, first)

    assert rooms.begin(room, second)["outcome"] == "skipped"
    if end == "skipped":
        assert rooms.begin(room, third)["outcome"] == "skipped"
        assert rooms.events(room)[-1] == "task.failed t3 skipped"


def test_a_whole_room_and_its_events(rooms: Rooms) -> None:
    room = rooms.opened(tokens=1000, cost=0.5)
    first, second, third = rooms.plan(room, t1="", t2="", t3="t1 t2")
    rooms.do(room, first, 100, 0.1)
    rooms.begin(room, second)
    rooms.record(room, second, tokens=50)
    rooms.draft(room, second)
    rooms.finish_task(room, second)
    rooms.do(room, third, 30, 0)
    finished = rooms.finish(room)

    assert rooms.events(room) == [
        "room.updated pending",
        "room.updated processing",
        "room.updated processing",
        "task.started t1 running",
        "task.completed t1 done",
        "task.started t2 running",
        "file.created",
        "task.completed t2 done",
        "task.started t3 running",
        "task.completed t3 done",
        "room.updated completed",
    ]
    assert finished["room"]["agents_used"] == ["writer"]
    assert [event["type"] for event in finished["events"]] == ["room.updated", "room.updated", "usage.updated"]
    assert rooms.week() == (180, 0, 0.1, 0.0)


def test_events_are_numbered_without_holes_and_fit_into_a_frame(rooms: Rooms) -> None:
    room = rooms.create(task_prompt="💪" * 8000)["room"]["id"]
    long = task("t1") | {"brief": "💪" * 8000, "deliverables": ["💪" * 60] * 10}
    work = rooms.call("store_plan", room_id=room, plan={"text": "x" * 40_000}, tasks=[long])
    rooms.begin(room, ids(work)[0])
    rooms.call("finish_task", room_id=room, task_id=ids(work)[0], summary="💪" * 20_000)
    rooms.finish(room, issues=["💪" * 1000] * 100)
    told = rooms.call("room_events", user_id=rooms.user, room=room, after=0, limit=100)

    assert [event["seq"] for event in told["items"]] == list(range(1, told["as_of"] + 1))
    assert max(len(str(event).encode()) for event in told["items"]) < 32_000
    page = rooms.call("room_events", user_id=rooms.user, room=room, after=1, limit=2)
    assert page["items"] == told["items"][1:3]


@pytest.mark.parametrize(
    ("said", "status", "reason"),
    [
        ({}, "completed", None),
        ({"issues": ["a.md is empty"]}, "completed", "completed_with_issues"),
        ({"status": "failed", "reason": "planning_failed"}, "failed", "planning_failed"),
    ],
)
def test_a_room_ends_as_it_is_told_once(rooms: Rooms, said: dict[str, Any], status: str, reason: str | None) -> None:
    room = rooms.opened()
    (only,) = rooms.plan(room, t1="")
    rooms.do(room, only)
    finished = rooms.finish(room, **said)
    again = rooms.finish(room, status="failed", reason="internal_error")

    assert rooms.room(room) == (status, reason)
    assert finished["room"]["issues"] == said.get("issues", [])
    assert (again["room"], again["events"]) == (finished["room"], [])


def test_a_room_with_a_lost_task_has_failed_unless_said_otherwise(rooms: Rooms) -> None:
    room = rooms.opened()
    first, second, _ = ids(
        rooms.call("store_plan", room_id=room, plan={}, tasks=[task("t1"), task("t2"), task("t3", role="coder")])
    )
    rooms.do(room, first)
    rooms.begin(room, second)
    finished = rooms.finish(room)

    assert rooms.room(room) == ("failed", "task_failed")
    assert rooms.statuses(room) == ["done", "skipped", "skipped"]
    assert rooms.events(room)[-3:] == ["task.failed t2 skipped", "task.failed t3 skipped", "room.updated failed"]
    assert finished["room"]["agents_used"] == ["writer"]


def test_an_execution_whose_run_is_over_ends_nothing(rooms: Rooms) -> None:
    room = rooms.opened()
    (only,) = rooms.plan(room, t1="")
    rooms.cancel(room)
    rooms.retry(room)

    assert rooms.finish(room, run=1, status="failed")["room"]["status"] == "pending"
    assert rooms.begin(room, only, run=1)["outcome"] == "cancelled"
    assert rooms.begin(room, only, run=2)["outcome"] == "run"


@pytest.mark.parametrize(
    ("providers", "llm"),
    [(["OpenAI"], "OpenAI"), (["gemini", "Gemini"], "Gemini"), (["openai", "gemini"], "Mixed"), (["offline"], None)],
)
def test_which_models_a_room_used_follows_from_its_calls(rooms: Rooms, providers: list[str], llm: str | None) -> None:
    room = rooms.opened()
    rooms.plan(room, t1="")
    for step, provider in enumerate(providers):
        rooms.record(room, None, f"plan-{step}", provider=provider)

    assert rooms.finish(room, status="completed")["room"]["llm_used"] == llm


@pytest.mark.parametrize("function", ["room_work", "start_room", "finish_room"])
def test_a_room_that_is_not_there_is_not_found(rooms: Rooms, function: str) -> None:
    assert rooms.call(function, room_id=rooms.user) == Refusal("PT404", "room_not_found", "")
