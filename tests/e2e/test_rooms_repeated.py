"""The same request again goes on with what it began, and nothing of it is done or paid twice."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from shared.platform.idempotency import Idempotency
from shared.rooms.requests import NewRoom
from tests.support.e2e.rooms_script import DONE, SLOWLY, Room, Script, calls
from tests.support.waiting import eventually

Connection = psycopg.Connection[tuple[object, ...]]
QUESTION = calls("ask_owner", question="How many?")


@pytest.fixture
def script(cloud: Cloud) -> Script:
    return Script(cloud)


@pytest.fixture
def asking(user: Phone, script: Script) -> Room:
    """A room whose one agent waits for its owner."""
    script.plans(script.task("t1"))
    script.works("t1", QUESTION, script.writes("t1"), DONE)
    room = Room.open(user, script)
    room.wait("active")
    return room


def answer_unwoken(database: Connection, user: Phone, room: Room) -> None:
    """What is left of a worker that was killed when it had taken the answer in, but had not woken the agent."""
    waits = (
        "select 1 from private.room_task_tokens as k join room_inputs as i on i.id = k.input_id where i.room_id = %s"
    )
    eventually(lambda: database.execute(waits, (room.id,)).fetchone())
    database.execute('select answer_input(%s, %s, \'{"answer": "Three."}\')', (user.user_id, room.id))


def test_a_room_whose_worker_was_killed_before_it_was_started_is_started(
    cloud: Cloud, user: Phone, script: Script, database: Connection
) -> None:
    script.plans(script.task("t1"))
    script.works("t1")
    wanted = NewRoom(task_prompt=script.word)
    database.execute(
        "select create_room(%s, %s, p_idempotency_key => 'k', p_request_hash => %s)",
        (user.user_id, json.dumps({"task_prompt": script.word}), Idempotency("k").request_hash(wanted)),
    )
    again = user.call("POST", "/v1/rooms", {"task_prompt": script.word}, **{"Idempotency-Key": "k"}).expect(201).body

    assert again["status"] == "processing"
    assert Room(cloud, user, again["id"], again["room_id"]).wait() == ("completed", None)
    assert script.asked("t1") == 2


def test_an_agent_whose_answer_was_taken_in_by_a_worker_that_was_killed_is_woken_by_the_same_answer(
    user: Phone, asking: Room, database: Connection
) -> None:
    answer_unwoken(database, user, asking)
    asking.call("POST", "/answer", {"answer": "Three."})

    assert asking.wait() == ("completed", None)
    assert [asked["answer"] for asked in asking.shown["inputs"]] == ["Three."]


def test_an_agent_whose_answer_was_taken_in_by_a_worker_that_was_killed_is_woken_by_the_sweep(
    user: Phone, asking: Room, database: Connection, invoke: Callable[..., Any]
) -> None:
    answer_unwoken(database, user, asking)
    database.execute("update private.room_task_tokens set answered_at = answered_at - interval '2 minutes'")

    assert invoke("sweep", {})["tasks_woken"] >= 1
    assert asking.wait() == ("completed", None)


def test_a_call_that_is_cut_off_by_its_owner_who_tries_again_is_charged_once(
    user: Phone, script: Script, database: Connection
) -> None:
    script.plans(script.task("t1"))
    script.works("t1", calls("read_file", filename="none.md"), QUESTION, script.writes("t1"), DONE)
    script.behave(script.brief("t1"), "delay", seconds=5)
    room = Room.open(user, script)
    eventually(lambda: script.asked("t1") == 1, SLOWLY)
    room.call("POST", "/cancel")
    room.call("POST", "/retry")
    room.wait("active")
    late = (
        "select 1 from ai_messages as m join room_tasks as t on t.id = m.task_id where m.attempt = 1 and t.room_id = %s"
    )
    eventually(lambda: database.execute(late, (room.id,)).fetchone(), SLOWLY)
    room.call("POST", "/answer", {"answer": "Three."})

    assert room.wait() == ("completed", None)
    used = room.shown["budget"]["used"]
    assert used["calls"] == 1 + 1 + 3 + 1  # the plan, what was cut off, the agent, the review
    assert user.call("GET", "/v1/usage").body["tokens_used"] == used["tokens"]


def test_a_room_of_each_sunday_is_opened_by_the_sweep_once_and_delivers(
    user: Phone, script: Script, database: Connection, invoke: Callable[..., Any]
) -> None:
    script.plans(script.task("t1"))
    script.works("t1")
    body = {"task_prompt": script.word, "weekdays": ["sunday"], "at": "18:00", "time_zone": "Europe/Berlin"}
    schedule = user.call("POST", "/v1/room-schedules", body).expect(201).body
    database.execute("update room_schedules set next_at = now() - interval '30 days' where id = %s", (schedule["id"],))

    assert invoke("sweep", {})["schedules_run"] >= 1
    invoke("sweep", {})
    (opened,) = user.get("/v1/rooms")["items"]
    room = Room(script.cloud, user, opened["id"], opened["room_id"])
    assert room.wait() == ("completed", None)
    (listed,) = user.get("/v1/room-schedules")["items"]
    assert (listed["last_room_id"], listed["last_error"], listed["weekdays"]) == (opened["id"], None, ["sunday"])
    user.call("DELETE", f"/v1/room-schedules/{schedule['id']}").expect(204)
    assert user.get("/v1/room-schedules")["items"] == []
