"""A room in its owner's hands: held and let go on, its plan changed before it runs, gone on with, deleted."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.database.actors import Connection
from tests.support.database.rooms import Rooms
from tests.support.database.rooms import task as planned_task
from tests.support.database.turns import Refusal


@pytest.fixture
def rooms(connection: Connection) -> Rooms:
    return Rooms(connection)


@pytest.fixture
def room(rooms: Rooms) -> str:
    return rooms.opened(tokens=1000, cost=0.5, calls=10)


def hold(rooms: Rooms, room: str, *, on: bool = True) -> Any:
    return rooms.call("hold_room", user_id=rooms.user, room=room, on=on)


def held_task(rooms: Rooms, room: str, task: str) -> Any:
    """What a worker does whose room is held: it waits."""
    rooms.begin(room, task)
    assert rooms.begin_step(room, task)["reason"] == "held"
    return rooms.ask(room, task, "hold")


def continued(rooms: Rooms, room: str, **more: Any) -> Any:
    return rooms.call("continue_room", user_id=rooms.user, room=room, follow_up="Make it shorter.", **more)


def deliver(rooms: Rooms, room: str, task: str) -> None:
    rooms.begin(room, task)
    rooms.draft(room, task)
    rooms.finish_task(room, task)


# ----------------------------------------------------------------------------------------------------------------- held
def test_in_a_room_that_is_held_no_agent_asks_its_model_and_the_room_waits(rooms: Rooms, room: str) -> None:
    (task,) = rooms.plan(room, t1="")
    assert hold(rooms, room)["room"]["hold"] == "pause"
    assert held_task(rooms, room, task)["outcome"] == "waiting"
    assert rooms.room(room) == ("active", "paused")
    assert "input.requested" not in rooms.events(room)


def test_a_room_that_is_let_go_on_wakes_all_that_waited_for_it_and_nobody_else(rooms: Rooms, room: str) -> None:
    first, second, asking = rooms.plan(room, t1="", t2="", t3="")
    rooms.begin(room, asking)
    rooms.save_token(rooms.ask(room, asking)["wait_id"], "token-question")
    hold(rooms, room)
    for task in (first, second):
        rooms.save_token(held_task(rooms, room, task)["wait_id"], f"token-{task}")

    going = hold(rooms, room, on=False)
    assert {each["token"] for each in going["tokens"]} == {f"token-{first}", f"token-{second}"}
    assert going["room"]["hold"] is None
    assert rooms.room(room) == ("active", "input_requested")
    assert rooms.statuses(room) == ["pending", "pending", "waiting"]
    assert hold(rooms, room, on=False)["tokens"] == going["tokens"]  # until they were woken


def test_an_agent_that_comes_to_wait_when_the_room_goes_on_already_is_woken_at_once(rooms: Rooms, room: str) -> None:
    (task,) = rooms.plan(room, t1="")
    hold(rooms, room)
    rooms.begin(room, task)
    rooms.begin_step(room, task)
    hold(rooms, room, on=False)

    waits = rooms.ask(room, task, "hold")
    assert waits["outcome"] == "waiting"
    assert rooms.save_token(waits["wait_id"], "token") == {"waiting": False}
    assert rooms.begin(room, task)["outcome"] == "run"


def test_planning_goes_on_in_a_room_that_is_held(rooms: Rooms, room: str) -> None:
    hold(rooms, room)
    assert rooms.begin_step(room, None)["proceed"]


def test_a_room_that_has_ended_cannot_be_held_and_goes_on_no_more(rooms: Rooms, room: str) -> None:
    rooms.cancel(room)
    assert hold(rooms, room).message == "room_ended"
    assert hold(rooms, room, on=False)["tokens"] == []


# ----------------------------------------------------------------------------------------------------------------- plan
@pytest.fixture
def planned(rooms: Rooms) -> str:
    """A room whose owner wants to see the plan: t2 needs t1, t3 stands alone."""
    room = str(rooms.create(approve_plan=True)["room"]["id"])
    rooms.call("start_room", room_id=room)
    rooms.plan(room, t1="", t2="t1", t3="")
    return room


def change(rooms: Rooms, room: str, **changes: Any) -> Any:
    return rooms.call("change_plan", user_id=rooms.user, room=room, changes=changes)


def task_of(rooms: Rooms, room: str, key: str) -> str:
    return str(rooms.value("select id from room_tasks where room_id = %s and key = %s", room, key))


def test_a_plan_that_its_owner_wants_to_see_waits_for_a_word(rooms: Rooms, planned: str) -> None:
    held_task(rooms, planned, task_of(rooms, planned, "t1"))
    held_task(rooms, planned, task_of(rooms, planned, "t3"))
    assert rooms.room(planned) == ("active", "plan_ready")
    hold(rooms, planned, on=False)
    assert rooms.begin(planned, task_of(rooms, planned, "t1"))["outcome"] == "run"
    assert rooms.begin_step(planned, task_of(rooms, planned, "t1"))["proceed"]


def test_briefs_criteria_and_tasks_can_be_changed_until_then(rooms: Rooms, planned: str) -> None:
    waits = held_task(rooms, planned, task_of(rooms, planned, "t3"))
    rooms.save_token(waits["wait_id"], "token-t3")
    tasks = [{"key": "t1", "brief": "Only knees."}, {"key": "t3", "removed": True}]
    changed = change(rooms, planned, criteria=["It is short."], tasks=tasks)
    assert changed["room"]["plan"]["criteria"] == ["It is short."]

    assert [each["token"] for each in hold(rooms, planned, on=False)["tokens"]] == ["token-t3"]
    assert rooms.begin(planned, task_of(rooms, planned, "t3"))["outcome"] == "cancelled"
    assert rooms.begin(planned, task_of(rooms, planned, "t1"))["task"]["brief"] == "Only knees."


def test_a_room_without_a_task_that_was_taken_out_is_completed(rooms: Rooms, planned: str) -> None:
    change(rooms, planned, tasks=[{"key": "t3", "removed": True}])
    hold(rooms, planned, on=False)
    for key in ("t1", "t2"):
        rooms.do(planned, task_of(rooms, planned, key))
    assert rooms.finish(planned)["room"]["status"] == "completed"


@pytest.mark.parametrize(
    ("tasks", "refused"),
    [
        ([{"key": "t1", "removed": True}], "task_needed"),
        (
            [{"key": "t3", "removed": True}, {"key": "t2", "removed": True}, {"key": "t1", "removed": True}],
            "task_needed",
        ),
        ([{"key": "t9", "brief": "New."}], "task_not_found"),
    ],
)
def test_what_a_plan_cannot_do_without_stays_and_nothing_is_changed(
    rooms: Rooms, planned: str, tasks: list[dict[str, Any]], refused: str
) -> None:
    assert change(rooms, planned, tasks=[{"key": "t2", "brief": "Else."}, *tasks]).message == refused
    assert rooms.value("select brief from room_tasks where room_id = %s and key = 't2'", planned) != "Else."
    assert rooms.statuses(planned) == ["pending"] * 3


def test_a_plan_that_runs_is_changed_no_more(rooms: Rooms, planned: str, room: str) -> None:
    rooms.plan(room, t1="")
    hold(rooms, room)
    assert change(rooms, room, criteria=["x"]).message == "plan_not_open"
    hold(rooms, planned, on=False)
    assert change(rooms, planned, criteria=["x"]).message == "plan_not_open"


# ------------------------------------------------------------------------------------------------------------- gone on
def ended(rooms: Rooms, room: str) -> str:
    (task,) = rooms.plan(room, t1="")
    deliver(rooms, room, task)
    rooms.record(room, task, "late", tokens=100)
    rooms.finish(room)
    return task


def test_a_room_that_has_ended_is_gone_on_with_on_its_files_and_a_budget_of_its_own(rooms: Rooms, room: str) -> None:
    ended(rooms, room)
    before = rooms.value("select tokens_used from rooms where id = %s", room)
    told = continued(rooms, room, limits={"tokens": 500, "cost": 0.1})

    assert (told["room"]["status"], told["room"]["run"], told["room"]["part"]) == ("pending", 2, 2)
    assert told["room"]["follow_up"] == "Make it shorter."
    limits = rooms.snapshot(room)["budget"]["limits"]
    assert limits["tokens"] == before + 500
    work = rooms.call("room_work", room_id=room)
    assert (work["tasks"], work["room"]["plan"]) == ([], None)
    assert [file["filename"] for file in work["files"]] == ["a.md"]


def test_its_new_tasks_may_have_the_keys_and_the_files_of_the_old_ones(rooms: Rooms, room: str) -> None:
    ended(rooms, room)
    continued(rooms, room)
    (task,) = rooms.plan(room, t1="")
    deliver(rooms, room, task)
    assert rooms.finish(room)["room"]["status"] == "completed"
    assert [(each["key"], each["part"]) for each in rooms.snapshot(room)["tasks"]] == [("t1", 1), ("t1", 2)]
    assert rooms.snapshot(room)["files"][0]["version"] == 2


def test_what_failed_before_is_neither_waited_for_nor_tried_again(rooms: Rooms, room: str) -> None:
    (task,) = rooms.plan(room, t1="")
    rooms.begin(room, task)
    rooms.fail_task(room, task)
    rooms.finish(room)
    continued(rooms, room)
    first, second = rooms.plan(room, t1="", t2="t1")
    rooms.do(room, first)
    rooms.begin(room, second)
    rooms.fail_task(room, second)
    assert rooms.finish(room)["room"]["status"] == "failed"
    rooms.retry(room)
    assert rooms.statuses(room) == ["failed", "done", "pending"]


def test_the_same_follow_up_under_the_same_key_begins_one_part(rooms: Rooms, room: str) -> None:
    ended(rooms, room)
    first = continued(rooms, room, idempotency_key="key", request_hash="a" * 64)
    again = continued(rooms, room, idempotency_key="key", request_hash="a" * 64)
    assert (first["replayed"], again["replayed"], again["room"]["part"]) == (False, True, 2)
    assert continued(rooms, room, idempotency_key="key", request_hash="b" * 64).message == "idempotency_key_reused"


def test_a_room_at_work_is_not_gone_on_with(rooms: Rooms, room: str) -> None:
    assert continued(rooms, room).message == "room_open"


def test_the_parts_of_a_room_are_charged_once_each(rooms: Rooms, room: str) -> None:
    (task,) = rooms.plan(room, t1="")
    rooms.do(room, task, tokens=100)
    rooms.finish(room)
    continued(rooms, room, limits={"tokens": 500})
    (task,) = rooms.plan(room, t1="")
    rooms.do(room, task, tokens=70)
    rooms.finish(room)
    used, reserved, _, _ = rooms.week()
    assert (used, reserved) == (170, 0)


# -------------------------------------------------------------------------------------------------------------- deleted
def delete(rooms: Rooms, room: str, prefixes: list[str]) -> Any:
    return rooms.value("select delete_room(%s, %s::uuid, %s)", rooms.user, room, prefixes)


def test_a_room_that_has_ended_is_deleted_with_all_that_was_in_it(rooms: Rooms, room: str) -> None:
    ended(rooms, room)
    found = rooms.call("room_to_delete", user_id=rooms.user, room=room)
    receipt = delete(rooms, found["id"], found["prefixes"])

    assert receipt["rooms"] == 1
    for table in ("rooms", "room_tasks", "room_file_versions", "files", "ai_messages", "room_inputs"):
        assert rooms.rows(f"select 1 from {table}") == []
    assert rooms.rows("select 1 from ai_streams where stream like 'room:%%'") == []
    assert set(found["prefixes"]) <= {row[0] for row in rooms.rows("select prefix from private.leftovers")}
    assert rooms.week()[0] > 0  # what was used stays used


def test_a_room_at_work_is_not_deleted(rooms: Rooms, room: str) -> None:
    assert rooms.call("room_to_delete", user_id=rooms.user, room=room).message == "room_open"
    delete(rooms, room, [])
    assert rooms.room(room)[0] == "processing"


@pytest.mark.parametrize(
    "act",
    [
        lambda rooms, room: hold(rooms, room),
        lambda rooms, room: change(rooms, room, criteria=["x"]),
        lambda rooms, room: continued(rooms, room),
        lambda rooms, room: rooms.call("room_to_delete", user_id=rooms.user, room=room),
    ],
    ids=["hold", "plan", "continue", "delete"],
)
def test_another_ones_room_is_not_there(connection: Connection, room: str, act: Any) -> None:
    stranger = Rooms(connection)
    for one in (room, str(uuid4())):
        refused = act(stranger, one)
        assert isinstance(refused, Refusal)
        assert refused.message == "room_not_found"


# ------------------------------------------------------------------------------------------- what it is thought to take
ESTIMATE = {
    "dollars": {"low": 0.01, "high": 0.1},
    "minutes": {"low": 1, "high": 9},
    "cost_complete": True,
    "measured": False,
}


def test_what_a_room_will_take_is_its_owners_to_see(rooms: Rooms) -> None:
    room = rooms.create(estimate=ESTIMATE)["room"]["id"]
    assert rooms.call("room_snapshot", user_id=rooms.user, room=room)["room"]["estimate"] == ESTIMATE

    rooms.call("share_room", user_id=rooms.user, room=room, on=True)
    stranger = Rooms(rooms.connection)
    assert "estimate" not in stranger.call("room_snapshot", user_id=stranger.user, room=room)["room"]


def test_a_plan_brings_an_estimate_of_its_own_and_a_change_of_it_another(rooms: Rooms) -> None:
    room = rooms.create(approve_plan=True, estimate=ESTIMATE)["room"]["id"]
    rooms.call("start_room", room_id=room, execution_arn="arn:x")
    planned = ESTIMATE | {"measured": True}
    plan = {"criteria": ["whole"], "estimate": planned}
    stored = rooms.call("store_plan", room_id=room, plan=plan, tasks=[planned_task("t1"), planned_task("t2")])
    assert (stored["room"]["estimate"], stored["room"]["plan"]) == (planned, {"criteria": ["whole"]})

    changes = {"tasks": [{"key": "t2", "removed": True}], "estimate": ESTIMATE}
    changed = rooms.call("change_plan", user_id=rooms.user, room=room, changes=changes)
    assert changed["room"]["estimate"] == ESTIMATE


def test_what_tasks_took_lately_is_told_by_role_where_enough_of_them_were_done(rooms: Rooms) -> None:
    room = rooms.opened()
    tasks = rooms.plan(room, **{f"t{number}": "" for number in range(1, 7)})
    for number, each in enumerate(tasks[:4], 1):
        rooms.begin(room, each)
        rooms.record(room, each, tokens=number * 100)
        rooms.finish_task(room, each)
    before = rooms.call("task_figures")["figures"]
    rooms.begin(room, tasks[4])
    rooms.record(room, tasks[4], tokens=500)
    rooms.finish_task(room, tasks[4])

    assert before == {}
    figures = rooms.call("task_figures")["figures"]["writer"]
    assert figures["tokens"] == [180, 420]
    assert 0 <= figures["seconds"][0] <= figures["seconds"][1]
