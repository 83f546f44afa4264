"""Rooms on the deployed state machine, as their owner sees them: watched, asked, paused, cancelled, side by side."""

import hashlib
import json
from itertools import pairwise
from typing import Any

import httpx
import psycopg
import pytest

from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from tests.support.e2e.rooms_script import CRITERIA, DONE, SLOWLY, Room, Script, calls, heard, watching, writes
from tests.support.waiting import eventually


@pytest.fixture
def script(cloud: Cloud) -> Script:
    return Script(cloud)


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def reserved(user: Phone) -> tuple[int, float]:
    usage = user.call("GET", "/v1/usage").expect(200).body
    return usage["tokens_reserved"], float(usage["cost_reserved"])


def test_a_room_is_planned_worked_on_in_waves_and_completed(user: Phone, script: Script) -> None:
    script.plans(script.task("t1"), script.task("t2", role="coder"), script.task("t3", "t1", "t2"))
    for key in ("t1", "t2"):
        script.works(key)
    script.works("t3", calls("read_file", filename=script.file("t1")), script.writes("t3", "# Größe"), DONE)
    room = Room.open(user, script)
    assert room.wait() == ("completed", None)

    shown = room.shown
    assert (shown["room"]["criteria"], shown["room"]["issues"]) == (CRITERIA, [])
    assert shown["room"]["llm_used"] == "OpenAI"
    assert [task["status"] for task in shown["tasks"]] == ["done"] * 3
    first, second, third = shown["tasks"]
    assert third["started_at"] > max(first["ended_at"], second["ended_at"])
    assert {"@orchestrator", "@writer", "@coder"} <= {message["agent_name"] for message in shown["messages"]}
    assert room.execution()["status"] == "SUCCEEDED"
    assert [item["id"] for item in user.call("GET", "/v1/rooms").body["items"]] == [room.id]


def test_agents_of_a_wave_work_and_wait_at_the_same_time(user: Phone, script: Script) -> None:
    script.plans(script.task("t1"), script.task("t2"), script.task("t3", "t1", "t2"))
    for key in ("t1", "t2"):
        script.works(key, calls("ask_owner", question=f"What of {key}?"), script.writes(key), DONE)
    script.works("t3")
    room = Room.open(user, script)
    eventually(lambda: [task["status"] for task in room.tasks.values()] == ["waiting", "waiting", "pending"], SLOWLY)

    unclear = user.call("POST", f"/v1/rooms/{room.id}/answer", {"answer": "Three."})
    assert (unclear.status, unclear.body["code"]) == (422, "input_id_required")
    for asked in room.shown["inputs"]:
        room.call("POST", "/answer", {"input_id": asked["id"], "answer": f"An answer to {asked['question']}"})
    assert room.wait() == ("completed", None)
    for key in ("t1", "t2"):
        assert len(script.requests(f"An answer to What of {key}?")) == 2


def test_a_produced_file_is_read_as_it_was_written(user: Phone, script: Script) -> None:
    script.plans(script.task("t1"))
    script.works("t1", script.writes("t1", "# Größe"), DONE)
    room = Room.open(user, script)
    room.wait()

    (listed,) = room.call("GET", "/files")["items"]
    file = room.call("GET", f"/files/{listed['id']}")
    content = httpx.get(file["url"]).raise_for_status().content
    assert content.decode() == "# Größe"
    assert (file["filename"], file["size"]) == (script.file("t1"), len(content))
    assert (file["sha256"], file["mime"]) == (hashlib.sha256(content).hexdigest(), "text/markdown")


def test_what_happens_is_told_in_order_over_the_socket_and_again_over_http(
    cloud: Cloud, user: Phone, script: Script
) -> None:
    script.plans(script.task("t1"))
    script.works("t1", calls("ask_owner", question="How many?"), script.writes("t1"), DONE)
    room = Room.open(user, script)
    room.wait("active")
    with watching(cloud, user, f"room:{room.id}") as socket:
        before = room.shown["as_of"]
        room.call("POST", "/answer", {"answer": "Three."})
        pushed = [heard(socket)]
        while pushed[-1]["data"].get("room", {}).get("status") != "completed":
            pushed.append(heard(socket))

    kept = [event for event in pushed if "seq" in event]  # beside previews of what is being written
    assert kept == room.events(after=before)
    events = room.events()
    assert [event["seq"] for event in events] == list(range(1, room.shown["as_of"] + 1))
    told = kinds(events)
    steps = ["task.started", "input.requested", "file.created", "task.completed"]
    assert [told.index(step) for step in steps] == sorted(told.index(step) for step in steps)
    statuses = [event["data"]["room"]["status"] for event in events if event["type"] == "room.updated"]
    assert (statuses[0], statuses[-1]) == ("pending", "completed")
    assert all(first["ts"] <= second["ts"] for first, second in pairwise(events))


def test_a_deliverable_that_does_not_parse_is_repaired(user: Phone, script: Script) -> None:
    name = f"{script.word}.json"
    script.plans(script.task("t1", deliverables=[name]))
    script.works("t1", writes(name, "{"), DONE)
    script.works("t1", writes(name, "{}"), DONE)  # a repair's brief holds that of the task
    room = Room.open(user, script)

    assert room.wait() == ("completed", None)
    assert {key: (task["round"], task["status"]) for key, task in room.tasks.items()} == {
        "t1": (0, "done"),
        "r1": (1, "done"),
    }
    assert [version["version"] for version in room.call("GET", "/files")["items"][0]["versions"]] == [1, 2]


def test_what_is_still_wrong_after_one_repair_is_named(user: Phone, script: Script) -> None:
    name = f"{script.word}.json"
    script.plans(script.task("t1", deliverables=[name]))
    script.works("t1", writes(name, "{"), DONE)
    script.works("t1", writes(name, "["), DONE)
    room = Room.open(user, script)

    assert room.wait() == ("completed", "completed_with_issues")
    assert room.shown["room"]["issues"] == [f"{name} cannot be read as JSON."]
    assert room.tasks.keys() == {"t1", "r1"}


def test_an_agents_question_waits_for_its_owner(user: Phone, script: Script) -> None:
    script.plans(script.task("t1"))
    script.works("t1", calls("ask_owner", question="How many evenings?"), script.writes("t1"), DONE)
    room = Room.open(user, script)
    assert room.wait("active") == ("active", "input_requested")
    (asked,) = room.shown["inputs"]
    assert (asked["kind"], asked["question"], asked["answer"]) == ("question", "How many evenings?", None)

    room.call("POST", "/answer", {"input_id": asked["id"], "answer": "Three evenings."})
    assert room.wait() == ("completed", None)
    assert len(script.requests("<answer>\nThree evenings.\n</answer>")) == 2
    assert script.asked("t1") == 3


def test_a_room_that_reaches_its_budget_pauses_and_goes_on_when_it_is_raised(user: Phone, script: Script) -> None:
    script.plans(script.task("t1"), script.task("t2", "t1"))
    script.works("t1")
    script.works("t2")
    room = Room.open(user, script, budget={"calls": 4})
    assert room.wait("active") == ("active", "budget_reached")
    assert [file["filename"] for file in room.shown["files"]] == [script.file("t1")]
    told = kinds(room.events())
    assert (told.count("budget.warning"), told.count("budget.reached")) == (1, 1)

    answered = room.call("POST", "/answer", {"budget": {"calls": 20}})
    assert answered["budget"]["limits"]["calls"] == 20
    assert room.wait() == ("completed", None)
    assert (script.asked("t1"), script.asked("t2")) == (2, 2)


def test_what_a_room_did_not_use_goes_back_to_the_week(user: Phone, script: Script) -> None:
    script.plans(script.task("t1"))
    script.works("t1", calls("ask_owner", question="How many?"), script.writes("t1"), DONE)
    room = Room.open(user, script, budget={"tokens": 50_000, "cost": 0.05})
    room.wait("active")
    assert reserved(user) == (50_000, 0.05)

    room.call("POST", "/answer", {"answer": "Three."})
    room.wait()
    used = room.shown["budget"]["used"]
    usage = user.call("GET", "/v1/usage").body
    assert reserved(user) == (0, 0)
    assert 0 < used["tokens"] == usage["tokens_used"] < 50_000


def test_a_room_cancelled_in_the_middle_of_a_wave_leaves_no_card_open(user: Phone, script: Script) -> None:
    script.plans(script.task("t1"), script.task("t2"), script.task("t3", "t1", "t2"))
    script.works("t1")
    script.behave(script.brief("t2"), "delay", seconds=8)
    script.works("t2")
    room = Room.open(user, script)
    eventually(lambda: room.tasks and room.tasks["t1"]["status"] == "done" and script.asked("t2"), 120)
    assert room.call("POST", "/cancel")["status"] == "failed"

    assert room.status() == ("failed", "cancelled")
    assert {key: task["status"] for key, task in room.tasks.items()} == {
        "t1": "done",
        "t2": "cancelled",
        "t3": "cancelled",
    }
    assert room.execution()["status"] == "ABORTED"
    assert [file["filename"] for file in room.shown["files"]] == [script.file("t1")]
    events = room.events()
    begun = {event["data"]["task"]["key"] for event in events if event["type"] == "task.started"}
    ended = {event["data"]["task"]["key"] for event in events if event["type"] in ("task.completed", "task.failed")}
    assert begun <= ended
    assert reserved(user) == (0, 0)

    # The model's answer to the agent comes too late to change anything.
    as_of = room.shown["as_of"]
    (late,) = eventually(lambda: [each for each in script.requests(script.brief("t2")) if each["status"]])
    assert late["status"] == 200
    assert room.call("POST", "/cancel")["status"] == "failed"
    assert room.shown["as_of"] == as_of


def test_a_room_that_waits_for_its_owner_can_be_cancelled(user: Phone, script: Script) -> None:
    script.plans(script.task("t1"))
    script.works("t1", calls("ask_owner", question="How many?"))
    room = Room.open(user, script)
    room.wait("active")
    room.call("POST", "/cancel")

    assert room.tasks["t1"]["status"] == "cancelled"
    assert room.execution()["status"] == "ABORTED"
    late = user.call("POST", f"/v1/rooms/{room.id}/answer", {"answer": "Three."})
    assert (late.status, late.body["code"]) == (409, "room_ended")


def test_two_rooms_work_side_by_side_and_share_nothing(user: Phone, stranger: Phone, cloud: Cloud) -> None:
    scripts = Script(cloud), Script(cloud)
    for script in scripts:
        script.plans(script.task("t1"), script.task("t2", "t1"))
        script.works("t1", calls("ask_owner", question="How many?"), script.writes("t1"), DONE)
        script.works("t2")
    rooms = [Room.open(owner, script) for owner, script in zip((user, stranger), scripts, strict=True)]
    for room in rooms:
        room.wait("active")  # both are open now
    for room in rooms:
        room.call("POST", "/answer", {"answer": "Three."})

    for room, script in zip(rooms, scripts, strict=True):
        assert room.wait() == ("completed", None)
        assert [file["filename"] for file in room.shown["files"]] == [script.file("t1"), script.file("t2")]
        assert (script.asked("t1"), script.asked("t2")) == (3, 2)
    assert scripts[0].word not in json.dumps(rooms[1].shown)


def test_a_room_is_opened_once_for_one_idempotency_key(user: Phone, script: Script) -> None:
    script.plans(script.task("t1"))
    script.works("t1")
    key = {"Idempotency-Key": script.word}
    first, again = (user.call("POST", "/v1/rooms", {"task_prompt": script.word}, **key) for _ in range(2))
    assert (first.status, again.status) == (201, 201)
    assert first.body["id"] == again.body["id"]
    assert len(user.call("GET", "/v1/rooms").body["items"]) == 1


def test_while_all_rooms_of_the_deployment_are_taken_a_new_one_is_refused_for_now_and_the_coach_answers(
    cloud: Cloud, user: Phone, session: str, script: Script, database: psycopg.Connection[tuple[Any, ...]]
) -> None:
    database.execute("update private.deployment_limits set most = 0 where name = 'rooms_at_work'")
    try:
        authorized = {"Authorization": f"Bearer {user.token}"}
        refused = httpx.post(f"{cloud.api_url}/v1/rooms", json={"task_prompt": script.word}, headers=authorized)
        answered = user.ask(session, "How deep should I squat?")
    finally:
        database.execute("update private.deployment_limits set most = 100 where name = 'rooms_at_work'")
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (429, "rooms_busy", "120")
    assert answered.status == 200
    assert reserved(user) == (0, 0.0)
