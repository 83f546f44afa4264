"""A room never passes its limits, warns once, waits when one is reached, and gives back what it did not use."""

from typing import Any

import pytest

from tests.support.database.actors import Connection
from tests.support.database.rooms import Rooms

PLENTY = {"tokens": 1000, "cost": 0.4, "calls": 100, "seconds": 3600}


@pytest.fixture
def rooms(connection: Connection) -> Rooms:
    return Rooms(connection)


def working(rooms: Rooms, count: int = 1, **limits: Any) -> tuple[str, list[str]]:
    """A room and its running tasks."""
    room = rooms.opened(**(PLENTY | limits))
    tasks = rooms.plan(room, **{f"t{number}": "" for number in range(1, count + 1)})
    for task in tasks:
        rooms.begin(room, task)
    return room, tasks


@pytest.mark.parametrize(
    ("limits", "tokens", "cost", "reached"),
    [
        ({"tokens": 100}, 100, 0, None),
        ({"tokens": 100}, 101, 0, "tokens"),
        ({"cost": 0.1}, 1, 0.1, None),
        ({"cost": 0.1}, 1, 0.100001, "cost"),
        ({"calls": 0}, 1, 0, "calls"),
        ({"seconds": 0}, 1, 0, "seconds"),
    ],
)
def test_a_call_that_could_pass_a_limit_is_not_made(
    rooms: Rooms, limits: dict[str, Any], tokens: int, cost: float, reached: str | None
) -> None:
    room, (task,) = working(rooms, **limits)
    asked = rooms.begin_step(room, task, tokens, cost)

    assert (asked["proceed"], asked["limit"]) == (reached is None, reached)
    assert asked["reason"] == ("budget_reached" if reached else None)


def test_what_is_in_flight_counts_until_it_is_recorded(rooms: Rooms) -> None:
    room, (first, second) = working(rooms, 2, tokens=100)

    assert rooms.begin_step(room, first, 60)["proceed"]
    assert rooms.begin_step(room, second, 41)["limit"] == "tokens"
    rooms.record(room, first, tokens=30)
    assert rooms.begin_step(room, second, 70)["proceed"]


def test_a_budget_that_only_calls_under_way_hold_is_waited_for_and_nobody_is_asked(rooms: Rooms) -> None:
    room, (first, second) = working(rooms, 2, tokens=100)

    rooms.begin_step(room, first, 60)
    assert rooms.begin_step(room, second, 60)["reason"] == "budget_held"
    rooms.record(room, first, tokens=30)
    assert rooms.begin_step(room, second, 60)["proceed"]
    rooms.record(room, second, tokens=60)
    assert rooms.begin_step(room, first, 60)["reason"] == "budget_reached"


def test_calls_in_flight_count_as_calls(rooms: Rooms) -> None:
    room, (first, second) = working(rooms, 2, calls=1)

    assert rooms.begin_step(room, first)["proceed"]
    assert rooms.begin_step(room, second)["limit"] == "calls"


def test_a_step_that_is_begun_again_takes_its_own_place(rooms: Rooms) -> None:
    room, (task,) = working(rooms, tokens=100)

    assert [rooms.begin_step(room, task, 60)["proceed"] for _ in range(3)] == [True] * 3
    assert rooms.begin_step(room, None, 41)["limit"] == "tokens"
    assert [rooms.begin_step(room, None, 40)["proceed"] for _ in range(3)] == [True] * 3


def test_what_a_dead_worker_had_in_flight_is_free_again(rooms: Rooms) -> None:
    room, (first, second) = working(rooms, 2, tokens=100)
    rooms.begin_step(room, first, 100)
    rooms.kill_worker(first)
    rooms.begin(room, first)

    assert rooms.begin_step(room, second, 100)["proceed"]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [({"tokens": 100}, ("tokens", 0.8)), ({"calls": 1}, ("calls", 1.0)), ({"bytes": 5}, ("bytes", 1.0))],
)
def test_four_fifths_of_a_limit_are_told_once(
    rooms: Rooms, limits: dict[str, Any], expected: tuple[str, float]
) -> None:
    room, (task,) = working(rooms, **limits)
    rooms.draft(room, task)
    first = rooms.record(room, task, "1", tokens=80)["events"]
    again = rooms.record(room, task, "2", tokens=10)["events"]

    assert [(event["type"], event["data"]["limit"], event["data"]["share"]) for event in first] == [
        ("budget.warning", *expected)
    ]
    assert again == []


def test_less_than_four_fifths_are_not_told(rooms: Rooms) -> None:
    room, (task,) = working(rooms, tokens=100)

    assert rooms.record(room, task, tokens=79)["events"] == []


def test_a_room_waits_for_more_budget_when_nothing_else_goes_on(rooms: Rooms) -> None:
    room, (first, second) = working(rooms, 2)
    rooms.ask(room, first, "budget")
    assert rooms.room(room) == ("processing", None)
    rooms.ask(room, second, "budget")

    assert rooms.room(room) == ("active", "budget_reached")
    assert rooms.events(room)[-3:] == ["budget.reached", "budget.reached", "room.updated active"]
    assert rooms.week()[1] == 1000


def test_a_raised_budget_is_reserved_and_wakes_all_who_wait_for_it(rooms: Rooms) -> None:
    room, tasks = working(rooms, 2, tokens=100)
    for task in tasks:
        rooms.record(room, task, tokens=50)
        rooms.save_token(rooms.ask(room, task, "budget")["wait_id"], f"token of {task}")
    answered = rooms.answer(room, budget={"tokens": 300, "calls": 200})

    assert {one["token"] for one in answered["tokens"]} == {f"token of {task}" for task in tasks}
    assert rooms.answer(room, budget={"tokens": 300})["tokens"] == answered["tokens"]
    assert rooms.room(room) == ("processing", None)
    assert (answered["budget"]["limits"]["tokens"], answered["budget"]["limits"]["cost"]) == (300, 0.4)
    assert rooms.week() == (0, 300, 0.0, 0.4)
    assert rooms.begin(room, tasks[0])["outcome"] == "run"
    assert rooms.begin_step(room, tasks[0], 200)["proceed"]


def test_a_raised_budget_warns_again(rooms: Rooms) -> None:
    room, (task,) = working(rooms, tokens=100)
    rooms.record(room, task, "1", tokens=90)
    rooms.answer(room, budget={"tokens": 1000})

    assert rooms.record(room, task, "2", tokens=1)["events"] == []
    assert len(rooms.record(room, task, "3", tokens=800)["events"]) == 1


@pytest.mark.parametrize(
    ("raised", "refused"), [({"tokens": 999}, "budget_lowered"), ({"tokens": 2_000_000}, "quota_exceeded")]
)
def test_a_budget_is_not_lowered_nor_raised_beyond_the_week(rooms: Rooms, raised: dict[str, int], refused: str) -> None:
    rooms.connection.execute("update ai_usage_plans set weekly_tokens = 1000000")
    room, (task,) = working(rooms)
    rooms.ask(room, task, "budget")

    assert rooms.answer(room, budget=raised).message == refused
    assert rooms.room(room) == ("active", "budget_reached")
    assert rooms.week()[1] == 1000


def test_waiting_for_the_owner_is_no_working_time(rooms: Rooms) -> None:
    room, (task,) = working(rooms, seconds=100)
    rooms.connection.execute("update rooms set processing_since = processing_since - interval '60 s'")
    rooms.ask(room, task)
    worked = rooms.value("select worked_seconds from rooms")
    rooms.connection.execute("update rooms set started_at = started_at - interval '3 days'")
    rooms.answer(room, answer="60 kg")
    rooms.begin(room, task)

    assert 60 <= worked < 100
    assert rooms.begin_step(room, task)["proceed"]
    rooms.connection.execute("update rooms set processing_since = processing_since - interval '40 s'")
    assert rooms.begin_step(room, task)["limit"] == "seconds"


# ------------------------------------------------------------------------------------------------------- settlement
@pytest.mark.parametrize("end", ["completed", "failed", "cancelled", "lost"])
def test_what_a_room_did_not_use_goes_back_to_the_week(rooms: Rooms, end: str) -> None:
    room, (task,) = working(rooms)
    rooms.record(room, task, tokens=300, cost=0.125, model_used="m", cost_complete=False)
    for _ in range(2):
        if end == "cancelled":
            rooms.cancel(room)
        elif end == "lost":
            rooms.connection.execute("select end_lost_rooms(now() + interval '2 hours')")
        else:
            rooms.finish(room, status=end)

    assert rooms.week() == (300, 0, 0.125, 0.0)
    assert rooms.rows("select status, tokens_used, model, estimated, cost_complete from ai_usage_ledger") == [
        ("settled", 300, "m", False, False)
    ]


def test_a_call_that_is_cut_off_is_charged_the_most_it_can_have_used(rooms: Rooms) -> None:
    room, (task,) = working(rooms)
    rooms.begin_step(room, task, 200, 0.25)
    rooms.cancel(room)
    late = rooms.record(room, task, tokens=150)

    assert rooms.week() == (200, 0, 0.25, 0.0)
    assert rooms.value("select estimated from ai_usage_ledger")
    assert (late["recorded"], late["proceed"]) == (True, False)
    assert rooms.value("select tokens_used from rooms") == 200


def test_a_call_that_was_cut_off_is_charged_once_though_the_room_is_tried_again_meanwhile(rooms: Rooms) -> None:
    room, (task,) = working(rooms)
    rooms.begin_step(room, task, 200, attempt=1)
    rooms.begin_step(room, None, 100, attempt=1)
    rooms.cancel(room)
    rooms.retry(room)
    rooms.begin_step(room, None, 50, attempt=2)
    for _ in range(2):
        late = rooms.record(room, task, tokens=150, attempt=1)
        rooms.record(room, None, "plan-1", tokens=90, attempt=1)

    assert (late["recorded"], late["proceed"]) == (False, False)
    assert rooms.rows("select tokens_used, in_flight_tokens, calls_used from rooms") == [(300, 50, 2)]
    rooms.cancel(room)
    assert rooms.week()[:2] == (350, 0)


def test_what_a_worker_that_was_given_up_used_is_charged_when_it_is_heard_of(rooms: Rooms) -> None:
    room, (task,) = working(rooms)
    rooms.begin_step(room, task, 200, attempt=1)
    rooms.kill_worker(task)
    rooms.begin(room, task)
    rooms.finish(room)
    for _ in range(2):
        rooms.record(room, task, tokens=150, cost=0.125, attempt=1)

    assert rooms.week() == (150, 0, 0.125, 0.0)
    assert rooms.value("select tokens_used from rooms") == 0


def test_a_plan_that_was_recorded_is_read_and_not_asked_for_again(rooms: Rooms) -> None:
    room = rooms.opened(tokens=1000)
    rooms.begin_step(room, None, 200, attempt=1, step="plan-1")
    rooms.record(room, None, "plan-1", tokens=150, response="the plan", attempt=1)
    again = rooms.begin_step(room, None, 200, attempt=1, step="plan-1")

    assert (again["proceed"], again["recorded"]) == (True, "the plan")
    assert rooms.rows("select tokens_used, in_flight_tokens from rooms") == [(150, None)]
    assert "recorded" not in rooms.begin_step(room, None, 200, attempt=1, step="plan-2")
    rooms.cancel(room)
    rooms.retry(room)
    assert "recorded" not in rooms.begin_step(room, None, 200, attempt=2, step="plan-1")
    assert rooms.begin_step(room, None, 200, attempt=1, step="plan-1")["reason"] == "cancelled"


def test_a_call_of_planning_that_came_to_nothing_is_not_in_flight_once_there_is_a_plan(rooms: Rooms) -> None:
    room = rooms.opened(tokens=1000)
    rooms.begin_step(room, None, 200, attempt=1)
    (task,) = rooms.plan(room, t1="")
    rooms.begin(room, task)

    assert rooms.begin_step(room, task, 900)["proceed"]


def test_a_call_of_a_dead_worker_is_not_charged(rooms: Rooms) -> None:
    room, (task,) = working(rooms)
    rooms.begin_step(room, task, 200)
    rooms.kill_worker(task)
    rooms.cancel(room)

    assert rooms.week()[:2] == (0, 0)


def test_more_than_the_budget_is_shown_but_not_charged(rooms: Rooms) -> None:
    room, (task,) = working(rooms, tokens=100)
    rooms.record(room, task, tokens=130)
    rooms.finish(room)

    assert rooms.week()[:2] == (100, 0)
    assert rooms.value("select tokens_used from ai_usage_ledger") == 130


def test_no_sweep_takes_the_budget_of_a_room_that_waits(rooms: Rooms) -> None:
    room, (task,) = working(rooms)
    rooms.ask(room, task)
    later = "now() + interval '7 days 30 minutes'"
    for sweep in ("end_overdue_turns", "reset_usage", "end_lost_rooms"):
        rooms.connection.execute(f"select {sweep}({later})")

    assert rooms.room(room) == ("active", "input_requested")
    assert rooms.week()[1] == 1000
    assert rooms.value("select tokens from ai_usage_weeks") == 0


def test_a_room_is_charged_to_the_weeks_in_which_it_was_given_budget(rooms: Rooms) -> None:
    room, (task,) = working(rooms, tokens=100)
    rooms.connection.execute("update ai_usage set period_start = period_start - 7, period_end = period_end - 7")
    rooms.answer(room, budget={"tokens": 300})
    rooms.record(room, task, tokens=150)
    rooms.finish(room)

    weeks = rooms.rows("select tokens_used, tokens_reserved from ai_usage order by period_start")
    assert weeks == [(100, 0), (50, 0)]
    assert rooms.value("select array_agg(tokens_used order by tokens_reserved) from ai_usage_ledger") == [100, 50]
    rooms.connection.execute("select reset_usage(now())")
    assert rooms.value("select tokens from ai_usage_weeks") == 100
