"""Rooms in which something fails: agents, providers, workers, the workflow. What is finished is never paid twice."""

import json

import psycopg
import pytest

from infra.local.aws_emulator.client import client
from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from tests.e2e.conftest import workers
from tests.support.e2e.rooms_script import DONE, SLOWLY, Room, Script, calls
from tests.support.model_requests import asked_messages
from tests.support.waiting import eventually

Connection = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def script(cloud: Cloud) -> Script:
    return Script(cloud)


def models_down(script: Script, match: str, times: int | None = None) -> list[str]:
    """Both providers answer 500 to what holds `match`; returns the switches."""
    return [
        script.behave(match, "status", status=500, provider=provider, times=times) for provider in ("openai", "gemini")
    ]


def test_an_agent_whose_models_fail_twice_delivers_all_the_same(user: Phone, script: Script) -> None:
    script.plans(script.task("t1"))
    models_down(script, script.brief("t1"), times=4)  # each is asked twice by a worker
    script.works("t1")
    room = Room.open(user, script)

    assert room.wait() == ("completed", None)
    answers = [request["status"] for request in script.requests(script.brief("t1"))]
    assert answers == [500] * 8 + [200] * 2
    assert room.tasks["t1"]["calls"] == 2
    assert room.failures() == ["ProviderUnavailable"] * 2


def test_two_failures_of_the_only_provider_are_over_before_the_workflow_waits(user: Phone, script: Script) -> None:
    script.plans(script.task("t1"))
    script.behave(script.brief("t1"), "status", status=500, times=2)
    script.works("t1")
    room = Room.open(user, script, provider="OpenAI")

    assert room.wait() == ("completed", None)
    assert [request["status"] for request in script.requests(script.brief("t1"))] == [500, 500, 200, 200]
    assert room.failures() == []


def test_a_provider_without_capacity_slows_a_room_and_fails_none_of_its_steps(user: Phone, script: Script) -> None:
    script.plans(script.task("t1"))
    script.works("t1")
    steps = {"plan": f"</files>\n<request>\n{script.word}", "agent": script.brief("t1"), "review": "</criteria>"}
    steps["review"] += f"\n<request>\n{script.word}"
    for match in steps.values():
        for provider in ("openai", "gemini"):
            script.behave(match, "status", status=429, retry_after=20, provider=provider, times=1)
    room = Room.open(user, script)

    assert room.wait() == ("completed", None)
    assert room.failures() == []
    for name, match in steps.items():
        statuses = [request["status"] for request in script.requests(match)]
        assert (statuses[0], statuses[-1], statuses.count(429)) == (429, 200, statuses.index(200)), name
    waits = [wait for wait in room.waits() if wait]
    assert len(waits) == len(steps)
    assert all(20 <= seconds <= 25 for seconds in waits)


def test_an_agent_that_fails_for_good_is_retried_alone(user: Phone, script: Script) -> None:
    script.plans(script.task("t1"), script.task("t2"), script.task("t3", "t2"))
    script.works("t1")
    down = models_down(script, script.brief("t2"))
    room = Room.open(user, script)
    assert room.wait() == ("failed", "task_failed")
    tasks = room.tasks
    assert (tasks["t1"]["status"], tasks["t2"]["status"]) == ("done", "failed")
    assert tasks["t2"]["error_code"] == "model_unavailable"
    assert tasks["t3"]["status"] in ("skipped", "cancelled")
    assert [file["filename"] for file in room.shown["files"]] == [script.file("t1")]
    planning = f"</files>\n<request>\n{script.word}"
    assert len(script.requests(planning)) == 1

    for behaviour in down:
        script.forget(behaviour)
    script.works("t2")
    script.works("t3")
    again = room.call("POST", "/retry")
    assert (again["run"], again["status"]) == (2, "processing")
    assert room.wait() == ("completed", None)
    assert {file["filename"] for file in room.shown["files"]} == {script.file(key) for key in ("t1", "t2", "t3")}
    assert script.asked("t1") == 2
    assert len(script.requests(planning)) == 1


def test_a_task_whose_worker_is_killed_goes_on_where_it_was(user: Phone, script: Script, database: Connection) -> None:
    script.plans(script.task("t1"))
    script.works("t1", script.writes("t1"), DONE, DONE)
    script.behave(f"Written: {script.file('t1')}", "delay", seconds=60)  # its second call, until it is killed
    room = Room.open(user, script)
    eventually(lambda: script.asked("t1") == 2, SLOWLY)
    for worker in workers("run_agent"):
        worker.kill()

    assert room.wait() == ("completed", None)  # once its lease of 20 s is over
    assert "TaskBusy" in room.failures()
    paid = [request for request in script.requests(script.brief("t1")) if not request["aborted"]]
    assert [len(asked_messages(request["body"])) for request in paid] == [2, 4]
    stored = database.execute("select count(*) from ai_messages where room_id = %s and task_id is not null", (room.id,))
    assert stored.fetchone() == (2,)
    assert [file["version"] for file in room.shown["files"]] == [1]


def test_a_second_run_of_the_workflow_pays_for_nothing_again(cloud: Cloud, user: Phone, script: Script) -> None:
    """What a redrive does: the same steps with the same input."""
    script.plans(script.task("t1"), script.task("t2"))
    script.works("t1")
    script.works("t2", calls("ask_owner", question="How many?"), script.writes("t2"), DONE)
    room = Room.open(user, script)
    room.wait("active")
    eventually(lambda: room.tasks["t1"]["status"] == "done")
    asked = len(script.requests(script.word))
    machine = client("stepfunctions", cloud.aws_endpoint_url)
    machine.stop_execution(executionArn=room.execution()["executionArn"])
    same = json.dumps({"room_id": room.id, "run": 1})
    machine.start_execution(stateMachineArn=cloud.room_workflow_arn, input=same)
    room.call("POST", "/answer", {"answer": "Three."})

    assert room.wait() == ("completed", None)
    assert len(script.requests(script.word)) == asked + 3  # twice the second agent, once the reviewer
    assert (script.asked("t1"), script.asked("t2")) == (2, 3)


def test_an_agent_in_circles_is_stopped(user: Phone, script: Script) -> None:
    script.plans(script.task("t1"))
    script.works("t1", *[calls("read_file", filename="none.md")] * 9, DONE)
    room = Room.open(user, script)

    assert room.wait() == ("failed", "task_failed")
    assert (room.tasks["t1"]["status"], room.tasks["t1"]["error_code"]) == ("failed", "stuck")
    assert script.asked("t1") == 9


def test_when_one_provider_is_down_the_other_one_goes_on(user: Phone, script: Script) -> None:
    script.plans(script.task("t1"), script.task("t2", "t1"))
    script.works("t1")
    script.behave(script.brief("t2"), "status", status=503, provider="openai", times=None)
    script.works("t2", calls("read_file", filename="none.md"), script.writes("t2"), DONE)
    room = Room.open(user, script, provider="Mixed")

    assert room.wait() == ("completed", None)
    assert room.shown["room"]["llm_used"] == "Mixed"
    answered = [request for request in script.requests(script.brief("t2")) if request["status"] == 200]
    assert {request["provider"] for request in answered} == {"gemini"}
    # What Gemini hung on its calls came back to it: it refuses calls without.
    (first, second) = [message for message in asked_messages(answered[-1]["body"]) if message["role"] == "assistant"]
    assert first["tool_calls"][0]["extra_content"] != second["tool_calls"][0]["extra_content"]


def test_a_provider_that_fails_in_the_middle_of_a_task_is_replaced(user: Phone, script: Script) -> None:
    script.plans(script.task("t1"))
    script.works("t1")
    script.behave(f"Written: {script.file('t1')}", "status", status=500, provider="openai", times=None)
    room = Room.open(user, script)

    assert room.wait() == ("completed", None)
    answered = [(each["provider"], each["status"]) for each in script.requests(script.brief("t1"))]
    assert answered == [("openai", 200), ("openai", 500), ("openai", 500), ("gemini", 200)]
    assert room.shown["room"]["llm_used"] == "Mixed"


def test_a_room_without_any_model_fails_with_its_reason_and_costs_nothing(user: Phone, script: Script) -> None:
    models_down(script, script.word)
    room = Room.open(user, script)

    assert room.wait() == ("failed", "model_unavailable")
    assert eventually(lambda: room.execution()["status"] != "RUNNING" and room.execution()["status"]) == "FAILED"
    usage = user.call("GET", "/v1/usage").body
    assert (usage["tokens_used"], usage["tokens_reserved"]) == (0, 0)
