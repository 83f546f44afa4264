"""The owner answers, steers, cancels and tries again; nothing of it happens twice, and nothing is left open."""

from typing import Any

import pytest

from tests.support.database.actors import Connection
from tests.support.database.rooms import Rooms
from tests.support.database.turns import Refusal


@pytest.fixture
def rooms(connection: Connection) -> Rooms:
    return Rooms(connection)


@pytest.fixture
def room(rooms: Rooms) -> str:
    return rooms.opened(tokens=1000, cost=0.4)


@pytest.fixture
def tasks(rooms: Rooms, room: str) -> list[str]:
    """Two that run, and one that waits for both."""
    planned = rooms.plan(room, t1="", t2="", t3="t1 t2")
    for task in planned[:2]:
        rooms.begin(room, task)
    return planned


def open_inputs(rooms: Rooms, room: str) -> int:
    return len([one for one in rooms.snapshot(room)["inputs"] if not one["answered_at"] and not one["closed_at"]])


# ------------------------------------------------------------------------------------------------------------- answer
def test_a_question_is_asked_once_and_answered_once(rooms: Rooms, room: str, tasks: list[str]) -> None:
    first, again = rooms.ask(room, tasks[0]), rooms.ask(room, tasks[0])
    assert (first["outcome"], again["outcome"]) == ("waiting", "waiting")
    assert (again["wait_id"], again["events"]) == (first["wait_id"], [])
    assert rooms.begin(room, tasks[0])["wait_id"] == first["wait_id"]
    assert rooms.save_token(first["wait_id"], "token") == {"waiting": True}

    answered, repeated = (
        rooms.answer(room, answer="60 kg"),
        rooms.answer(room, answer="60 kg", input_id=first["wait_id"]),
    )
    assert answered["tokens"] == repeated["tokens"] == [{"wait_id": first["wait_id"], "token": "token"}]
    otherwise = rooms.answer(room, answer="70 kg", input_id=first["wait_id"])
    assert (otherwise.sqlstate, otherwise.message) == ("PT409", "input_answered")

    begun = rooms.begin(room, tasks[0])
    assert (begun["outcome"], [(a["question"], a["answer"]) for a in begun["answers"]]) == (
        "run",
        [("How heavy?", "60 kg")],
    )
    assert rooms.answer(room, answer="60 kg", input_id=first["wait_id"])["tokens"] == []


def ask_and_begin_again(rooms: Rooms, room: str, task: str) -> str:
    """An answered question of a task that goes on and asks again; the id of the first."""
    first = str(rooms.ask(room, task)["wait_id"])
    rooms.save_token(first, "token")
    rooms.answer(room, answer="Yes")
    rooms.begin(room, task)
    return first


def answers(rooms: Rooms, room: str) -> list[str | None]:
    return [asked["answer"] for asked in rooms.snapshot(room)["inputs"]]


def test_an_answer_that_is_repeated_is_not_that_to_the_next_question(rooms: Rooms, room: str, tasks: list[str]) -> None:
    ask_and_begin_again(rooms, room, tasks[0])
    assert rooms.answer(room, answer="Yes")["tokens"] == []
    rooms.ask(room, tasks[0])
    either = rooms.answer(room, answer="Yes")

    assert (either.sqlstate, either.message) == ("PT422", "input_id_required")
    assert answers(rooms, room) == ["Yes", None]


def test_the_same_words_answer_another_question_that_is_named_or_comes_later(
    rooms: Rooms, room: str, tasks: list[str]
) -> None:
    first = ask_and_begin_again(rooms, room, tasks[0])
    second = str(rooms.ask(room, tasks[0])["wait_id"])
    rooms.answer(room, answer="Yes", input_id=second)
    rooms.begin(room, tasks[0])
    rooms.ask(room, tasks[0])
    for each in (first, second):
        rooms.answered_long_ago(each)
    rooms.answer(room, answer="Yes")

    assert answers(rooms, room) == ["Yes", "Yes", "Yes"]


def test_the_same_words_answer_a_question_that_was_open_already(rooms: Rooms, room: str, tasks: list[str]) -> None:
    first, _ = (str(rooms.ask(room, task)["wait_id"]) for task in tasks[:2])
    rooms.save_token(first, "token")
    rooms.answer(room, answer="Yes", input_id=first)
    rooms.answer(room, answer="Yes")

    assert answers(rooms, room) == ["Yes", "Yes"]


def test_the_answer_to_a_task_that_nobody_woke_is_repeated_while_another_one_asks(
    rooms: Rooms, room: str, tasks: list[str]
) -> None:
    wait = rooms.ask(room, tasks[0])["wait_id"]
    rooms.save_token(wait, "token")
    first = rooms.answer(room, answer="Yes")
    rooms.ask(room, tasks[1])
    again = rooms.answer(room, answer="Yes")

    assert again["tokens"] == first["tokens"] == [{"wait_id": wait, "token": "token"}]
    assert answers(rooms, room) == ["Yes", None]


def test_under_a_key_all_is_said_once_and_a_repetition_hears_how_it_is_now(
    rooms: Rooms, room: str, tasks: list[str]
) -> None:
    wait = rooms.ask(room, tasks[0])["wait_id"]
    rooms.save_token(wait, "token")
    first = rooms.answer(room, "k", answer="Yes", steer="Shorter.")
    rooms.answer(room, steer="Longer.")
    again = rooms.answer(room, "k", answer="Yes", steer="Shorter.")
    assert (first["replayed"], again["replayed"], again["tokens"]) == (False, True, first["tokens"])
    assert rooms.snapshot(room)["steer"] == ["Shorter.", "Longer."]

    rooms.cancel(room)
    assert rooms.answer(room, "k", answer="Yes", steer="Shorter.")["room"]["status"] == "failed"
    assert rooms.answer(room, answer="Yes", input_id=wait)["replayed"]
    assert rooms.answer(room, answer="No", input_id=wait).message == "room_ended"


def test_what_is_refused_under_a_key_can_be_said_again(rooms: Rooms, room: str, tasks: list[str]) -> None:
    assert rooms.answer(room, "k", answer="Yes").message == "input_not_found"
    rooms.ask(room, tasks[0])
    assert rooms.answer(room, "k", answer="Yes")["replayed"] is False


def test_the_sweep_finds_who_was_answered_and_not_woken(rooms: Rooms, room: str, tasks: list[str]) -> None:
    waits = [
        str(rooms.ask(room, task, kind)["wait_id"])
        for task, kind in zip(tasks[:2], ("question", "budget"), strict=True)
    ]
    for wait in waits:
        rooms.save_token(wait, f"token {wait}")
    assert rooms.value("select unwoken_tasks(now() + interval '1 day')") == []
    rooms.answer(room, answer="Yes", budget={"tokens": 2000})
    assert rooms.value("select unwoken_tasks()") == []

    due = rooms.value("select unwoken_tasks(now() + interval '2 minutes')")
    assert {(one["wait_id"], one["token"]) for one in due} == {(wait, f"token {wait}") for wait in waits}
    assert rooms.value("select upkeep_lag(now() + interval '2 minutes') -> 'wake_rooms'") > 0
    assert rooms.value("select forget_tokens(%s::uuid[])", waits) == {"tasks_woken": 2}
    assert rooms.value("select forget_tokens(%s::uuid[])", waits) == {"tasks_woken": 0}


def test_nobody_who_still_waits_is_forgotten(rooms: Rooms, room: str, tasks: list[str]) -> None:
    wait = str(rooms.ask(room, tasks[0])["wait_id"])
    rooms.save_token(wait, "token")

    assert rooms.value("select forget_tokens(%s::uuid[])", [wait]) == {"tasks_woken": 0}
    assert rooms.answer(room, answer="Yes")["tokens"] == [{"wait_id": wait, "token": "token"}]


def test_a_room_waits_only_when_nothing_else_goes_on(rooms: Rooms, room: str, tasks: list[str]) -> None:
    rooms.ask(room, tasks[0])
    assert rooms.room(room) == ("processing", None)
    rooms.finish_task(room, tasks[1])
    assert rooms.room(room) == ("active", "input_requested")
    rooms.answer(room, answer="60 kg")
    assert rooms.room(room) == ("processing", None)


def test_a_room_goes_on_with_what_is_left_when_a_question_expires(rooms: Rooms, room: str, tasks: list[str]) -> None:
    rooms.finish_task(room, tasks[1])
    wait = rooms.ask(room, tasks[0])["wait_id"]
    rooms.save_token(wait, "token")
    rooms.fail_task(room, tasks[0])

    assert rooms.room(room) == ("processing", None)
    assert rooms.answer(room, answer="late", input_id=wait).message == "input_closed"
    assert rooms.rows("select 1 from private.room_task_tokens") == []


def test_a_token_that_comes_after_the_answer_is_not_kept(rooms: Rooms, room: str, tasks: list[str]) -> None:
    wait = rooms.ask(room, tasks[0])["wait_id"]
    assert rooms.answer(room, answer="60 kg")["tokens"] == []

    assert rooms.save_token(wait, "token") == {"waiting": False}
    assert rooms.rows("select 1 from private.room_task_tokens") == []


def test_of_several_questions_the_answer_names_one(rooms: Rooms, room: str, tasks: list[str]) -> None:
    waits = [rooms.ask(room, task)["wait_id"] for task in tasks[:2]]

    assert rooms.answer(room, answer="60 kg").message == "input_id_required"
    for wait in waits:
        rooms.answer(room, answer="60 kg", input_id=wait)
    assert open_inputs(rooms, room) == 0


@pytest.mark.parametrize("kind", ["none", "budget", "of another room"])
def test_an_answer_to_no_question_is_refused(rooms: Rooms, room: str, tasks: list[str], kind: str) -> None:
    wait: str | None = None
    if kind == "budget":
        wait = rooms.ask(room, tasks[0], "budget")["wait_id"]
    elif kind == "of another room":
        other = rooms.opened(tokens=10)
        (task,) = rooms.plan(other, t1="")
        rooms.begin(other, task)
        wait = rooms.ask(other, task)["wait_id"]

    assert rooms.answer(room, answer="60 kg", input_id=wait) == Refusal("PT404", "input_not_found", "")


def test_steering_reaches_the_agents_at_their_next_step(rooms: Rooms, room: str, tasks: list[str]) -> None:
    for text in ("Shorter.", "Shorter.", "In kilograms."):
        rooms.answer(room, steer=text)

    assert rooms.begin_step(room, tasks[0])["steer"] == ["Shorter.", "In kilograms."]
    assert rooms.call("room_work", room_id=room)["room"]["steer"] == ["Shorter.", "In kilograms."]


def test_files_come_with_an_answer(rooms: Rooms, room: str, tasks: list[str]) -> None:
    rooms.answer(room, files=[rooms.upload("plan.md")])

    seen = rooms.begin(room, tasks[0])["files"]
    assert [file["filename"] for file in seen] == ["plan.md"]


# ------------------------------------------------------------------------------------------------------------- cancel
def test_cancelling_leaves_nothing_open(rooms: Rooms, room: str, tasks: list[str]) -> None:
    rooms.draft(room, tasks[1])
    wait = rooms.ask(room, tasks[0])["wait_id"]
    rooms.save_token(wait, "token")
    first, again = rooms.cancel(room), rooms.cancel(room)

    assert rooms.room(room) == ("failed", "cancelled")
    assert rooms.statuses(room) == ["cancelled"] * 3
    assert open_inputs(rooms, room) == 0
    assert rooms.rows("select is_partial from room_file_versions") == [(True,)]
    assert rooms.rows("select 1 from private.room_task_tokens") == []
    assert (first["execution_arn"], again["execution_arn"], again["events"]) == ("arn:x", "arn:x", [])
    assert rooms.events(room)[-5:] == [
        "task.failed t1 cancelled",
        "file.created",
        "task.failed t2 cancelled",
        "task.failed t3 cancelled",
        "room.updated failed",
    ]


def test_workers_of_a_cancelled_room_are_told_to_stop(rooms: Rooms, room: str, tasks: list[str]) -> None:
    rooms.cancel(room)

    assert rooms.begin(room, tasks[2])["outcome"] == "cancelled"
    assert rooms.begin_step(room, tasks[0])["reason"] == "cancelled"
    assert rooms.begin_step(room, None)["reason"] == "cancelled"
    assert rooms.draft(room, tasks[0])["outcome"] == "cancelled"
    assert rooms.finish_task(room, tasks[0])["outcome"] == "cancelled"
    assert rooms.fail_task(room, tasks[0])["outcome"] == "cancelled"
    assert rooms.ask(room, tasks[0])["outcome"] == "cancelled"
    assert rooms.call("room_work", room_id=room)["open"] is False
    assert rooms.answer(room, steer="x").message == "room_ended"
    assert rooms.room(room) == ("failed", "cancelled")


def test_a_room_that_is_done_is_not_cancelled(rooms: Rooms, room: str, tasks: list[str]) -> None:
    rooms.finish(room, status="completed")
    rooms.cancel(room)

    assert rooms.room(room) == ("completed", None)


def test_finished_work_survives_cancelling(rooms: Rooms, room: str, tasks: list[str]) -> None:
    rooms.draft(room, tasks[0])
    rooms.finish_task(room, tasks[0])
    rooms.cancel(room)

    assert rooms.statuses(room) == ["done", "cancelled", "cancelled"]
    assert len(rooms.snapshot(room)["files"]) == 1


# -------------------------------------------------------------------------------------------------------------- retry
def test_a_retry_runs_only_what_is_not_done(rooms: Rooms, room: str, tasks: list[str]) -> None:
    rooms.record(room, tasks[0], tokens=300)
    rooms.finish_task(room, tasks[0])
    rooms.record(room, tasks[1], tokens=100, messages=[{"role": "assistant"}])
    rooms.fail_task(room, tasks[1])
    rooms.begin(room, tasks[2])
    rooms.finish(room)
    assert rooms.week()[:2] == (400, 0)
    retried = rooms.retry(room)

    assert (retried["room"]["run"], rooms.room(room)) == (2, ("pending", None))
    assert rooms.statuses(room) == ["done", "pending", "pending"]
    assert rooms.week()[:2] == (400, 600)
    assert rooms.begin(room, tasks[0])["outcome"] == "done"
    begun = rooms.begin(room, tasks[1])
    assert (begun["outcome"], begun["task"]["transcript"], begun["task"]["attempt"]) == ("run", [], 2)
    rooms.record(room, tasks[1], tokens=50)
    rooms.finish_task(room, tasks[1])
    rooms.do(room, tasks[2], 50)
    rooms.finish(room)
    assert rooms.room(room) == ("completed", None)
    assert rooms.week()[:2] == (500, 0)
    assert rooms.value("select array_agg(tokens_used order by created_at) from ai_usage_ledger") == [400, 100]


def test_a_retry_that_is_repeated_changes_nothing(rooms: Rooms, room: str, tasks: list[str]) -> None:
    rooms.finish(room)
    rooms.retry(room)
    again = rooms.retry(room)

    assert (again["room"]["run"], again["events"]) == (2, [])
    assert rooms.week()[1] == 1000


def test_a_room_that_was_not_started_is_the_same_when_it_is_tried_again(rooms: Rooms) -> None:
    room = rooms.create()["room"]
    again = rooms.retry(room["id"])

    assert (again["room"], again["events"]) == (room, [])


def test_a_room_without_a_plan_is_planned_by_its_retry(rooms: Rooms, room: str) -> None:
    rooms.finish(room, status="failed", reason="planning_failed")
    rooms.retry(room)

    assert len(rooms.plan(room, t1="")) == 1


@pytest.mark.parametrize("status", ["processing", "completed"])
def test_only_what_failed_is_tried_again(rooms: Rooms, room: str, status: str) -> None:
    if status == "completed":
        rooms.finish(room, status=status)

    assert rooms.retry(room) == Refusal("PT409", "room_not_failed", "")


def test_a_retry_needs_room_in_the_week(rooms: Rooms, room: str, tasks: list[str]) -> None:
    rooms.connection.execute("update ai_usage_plans set weekly_tokens = 1000000")
    rooms.finish(room)
    rooms.opened(tokens=500_000, cost=0.1)
    rooms.opened(tokens=499_500, cost=0.1)
    refused: Any = rooms.retry(room)

    assert (refused.sqlstate, refused.message) == ("PT429", "quota_exceeded")
    assert rooms.room(room)[0] == "failed"
    assert rooms.statuses(room) == ["skipped"] * 3


# --------------------------------------------------------------------------------------------------------------- lost
def test_a_room_that_lost_its_workflow_is_ended_by_the_sweep(rooms: Rooms, room: str, tasks: list[str]) -> None:
    swept = rooms.value("select end_lost_rooms(now() + interval '59 minutes')")
    assert swept["rooms_failed"] == 0
    swept = rooms.value("select end_lost_rooms(now() + interval '2 hours')")

    assert swept["rooms_failed"] == 1
    assert rooms.room(room) == ("failed", "timed_out")
    assert rooms.statuses(room) == ["skipped"] * 3


def test_the_owners_own_stream_is_told_what_a_room_waits_for_and_how_it_ended(rooms: Rooms, room: str) -> None:
    (task,) = rooms.plan(room, t1="")
    rooms.begin(room, task)
    asked = rooms.ask(room, task)
    rooms.answer(room, answer="60 kg")
    rooms.begin(room, task)
    rooms.finish_task(room, task)
    finished = rooms.finish(room)

    told = rooms.rows("select type, data from ai_events where stream = 'user:' || %s order by seq", str(rooms.user))
    said = [
        (kind, data.get("room", {}).get("status"), data.get("room", {}).get("status_reason")) for kind, data in told
    ]
    assert said == [
        ("input.requested", None, None),
        ("room.updated", "active", "input_requested"),
        ("room.updated", "processing", None),
        ("room.updated", "completed", None),
        ("usage.updated", None, None),
    ]
    assert told[0][1]["input"] | {"id": asked["wait_id"], "room_id": room} == told[0][1]["input"]
    assert [event["stream"].split(":")[0] for event in finished["events"]] == ["room", "user", "user"]
