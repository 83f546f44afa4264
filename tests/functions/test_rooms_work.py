"""Rooms from their creation to their files, with scripted models; the state machine's part is played by hand."""

import contextlib
import hashlib
import io
import json
from typing import Any

import httpx
import pytest

from infra.local.offline_models.server import RunningModels
from shared.platform.errors import UnavailableError
from shared.platform.observability import logger
from shared.rooms import errors, step_queries, storage
from tests.support.functions.invocations import Context, User, request, run
from tests.support.functions.rooms_cloud import MACHINE, WORKER, RoomsCloud, Workflow
from tests.support.functions.rooms_script import (
    CRITERIA,
    DONE,
    Connection,
    asked_of,
    calls,
    create,
    messages_of,
    plans,
    release,
    requests_of,
    snapshot,
    task,
    works,
    writes,
)

pytestmark = pytest.mark.usefixtures("cloud")


class KilledError(BaseException):
    """The end of a worker that had no time to say so."""


def die(*_: object) -> None:
    raise KilledError


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    written = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)
    return written


def test_a_room_is_planned_worked_on_and_finished(
    user: User, models: RunningModels, mark: str, cloud: RoomsCloud
) -> None:
    plans(models, mark, task("t1", mark), task("t2", mark, depends_on=["t1"]))
    room = create(user, mark)
    (started,) = cloud.said("StartExecution")
    assert started["name"] == f"{room['id']}-1"
    assert json.loads(started["input"]) == {"room_id": room["id"], "run": 1}

    workflow = Workflow(room["id"])
    works(models, "t1", mark, calls(writes("t1.md")), DONE)
    works(models, "t2", mark, calls(("read_file", {"filename": "t1.md"})), calls(writes("t2.md", "# More")), DONE)
    waves = workflow.plan()
    assert [len(wave) for wave in waves] == [1, 1]
    assert workflow.wave(waves) == ["done", "done"]
    assert workflow.review() == []
    assert workflow.finish() == "completed"

    shown = snapshot(user, room)
    assert (shown["room"]["status"], shown["room"]["status_reason"], shown["room"]["issues"]) == ("completed", None, [])
    assert [file["filename"] for file in shown["files"]] == ["t1.md", "t2.md"]
    assert shown["room"]["criteria"] == CRITERIA
    assert shown["room"]["llm_used"] == "OpenAI"


def test_a_produced_file_can_be_read(user: User, models: RunningModels, mark: str, cloud: RoomsCloud) -> None:
    plans(models, mark, task("t1", mark))
    works(models, "t1", mark, calls(writes("t1.md", "# Größe")), DONE)
    room = create(user, mark)
    assert Workflow(room["id"]).whole() == "completed"

    path = f"/v1/rooms/{room['id']}/files"
    (file,) = request("list_room_files", "GET", path, user.token).body["items"]
    got = request("get_room_file", "GET", f"{path}/{file['id']}", user.token).body
    content = httpx.get(got["url"]).content
    assert content.decode() == "# Größe"
    assert (got["size"], got["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert (got["mime"], got["version"], len(got["versions"])) == ("text/markdown", 1, 1)
    assert request("get_room_file", "GET", f"{path}/{file['id']}", user.token, None, {"version": 9}).status == 404


def test_an_agent_that_asks_waits_for_its_owner_and_goes_on(
    user: User, models: RunningModels, mark: str, cloud: RoomsCloud
) -> None:
    plans(models, mark, task("t1", mark))
    works(models, "t1", mark, calls(("ask_owner", {"question": "How many evenings?"})), calls(writes("t1.md")), DONE)
    room = create(user, mark)
    workflow = Workflow(room["id"])
    ((task_id,),) = workflow.plan()
    assert workflow.work(task_id) == "waiting"

    shown = snapshot(user, room)
    assert (shown["room"]["status"], shown["room"]["status_reason"]) == ("active", "input_requested")
    assert [asked["question"] for asked in shown["inputs"]] == ["How many evenings?"]
    path = f"/v1/rooms/{room['id']}/answer"
    answered = request("answer_room", "POST", path, user.token, {"answer": "Three <b>evenings</b>"})
    assert (answered.status, answered.body["room"]["status"]) == (200, "processing")
    assert [each["taskToken"] for each in cloud.said("SendTaskSuccess")] == workflow.waiting

    assert workflow.work(task_id) == "done"
    heard = asked_of(models, "t1", mark)[-1]["messages"]
    assert heard[3]["content"] == "<answer>\nThree &lt;b&gt;evenings&lt;/b&gt;\n</answer>"


def test_an_owner_who_is_faster_than_the_workflow_wakes_it_all_the_same(
    user: User, models: RunningModels, mark: str, cloud: RoomsCloud
) -> None:
    plans(models, mark, task("t1", mark))
    works(models, "t1", mark, calls(("ask_owner", {"question": "How many?"})))
    room = create(user, mark)
    workflow = Workflow(room["id"])
    ((task_id,),) = workflow.plan()
    told = run("run_agent", {"room_id": room["id"], "task_id": task_id, "run": 1}, WORKER)
    request("answer_room", "POST", f"/v1/rooms/{room['id']}/answer", user.token, {"answer": "Three"})
    assert cloud.said("SendTaskSuccess") == []
    run("ask_owner", {"room_id": room["id"], "task_id": task_id, "wait_id": told["wait_id"], "token": "late"})
    assert [each["taskToken"] for each in cloud.said("SendTaskSuccess")] == ["late"]


def asking(user: User, models: RunningModels, mark: str) -> tuple[Workflow, str, str]:
    """A room whose one task waits for its owner: its workflow, the task, and the path to answer it."""
    plans(models, mark, task("t1", mark))
    works(models, "t1", mark, calls(("ask_owner", {"question": "How many?"})), calls(writes("t1.md")), DONE)
    room = create(user, mark)
    workflow = Workflow(room["id"])
    ((task_id,),) = workflow.plan()
    assert workflow.work(task_id) == "waiting"
    return workflow, task_id, f"/v1/rooms/{room['id']}/answer"


@pytest.mark.parametrize("headers", [{}, {"Idempotency_Key": "k"}], ids=["without a key", "under a key"])
def test_an_answer_whose_agent_could_not_be_woken_wakes_it_when_it_is_repeated(
    user: User, models: RunningModels, mark: str, cloud: RoomsCloud, headers: dict[str, Any]
) -> None:
    workflow, task_id, path = asking(user, models, mark)
    cloud.fails.add("SendTaskSuccess")
    lost = request("answer_room", "POST", path, user.token, {"answer": "Three"}, **headers)
    assert (lost.status, lost.body["code"]) == (503, "workflow_unavailable")
    cloud.fails.clear()
    again = request("answer_room", "POST", path, user.token, {"answer": "Three"}, **headers)

    assert again.status == 200
    assert again.headers.get("idempotent-replayed") == ("true" if headers else None)
    assert [each["taskToken"] for each in cloud.said("SendTaskSuccess")] == workflow.waiting * 2
    assert workflow.work(task_id) == "done"


def test_an_answer_whose_agent_nobody_woke_wakes_it_with_the_sweep(
    user: User, models: RunningModels, mark: str, cloud: RoomsCloud, database: Connection
) -> None:
    workflow, task_id, path = asking(user, models, mark)
    cloud.fails.add("SendTaskSuccess")
    assert request("answer_room", "POST", path, user.token, {"answer": "Three"}).status == 503
    later = (
        "update private.room_task_tokens set answered_at = answered_at - interval '2 minutes' where token = any (%s)"
    )
    database.execute(later, (workflow.waiting,))
    with pytest.raises(UnavailableError):
        run("sweep", {}, Context(seconds_left=120))
    cloud.fails.clear()

    assert [run("sweep", {}, Context(seconds_left=120))["tasks_woken"] for _ in range(2)] == [1, 0]
    assert [each["taskToken"] for each in cloud.said("SendTaskSuccess")] == workflow.waiting * 3
    assert workflow.work(task_id) == "done"


def test_a_worker_whose_time_is_up_leaves_the_rest_to_the_next_one(
    user: User, models: RunningModels, mark: str, database: Connection
) -> None:
    plans(models, mark, task("t1", mark))
    works(models, "t1", mark, calls(writes("t1.md")), DONE)
    room = create(user, mark)
    workflow = Workflow(room["id"])
    ((task_id,),) = workflow.plan()
    with pytest.raises(errors.TaskInterrupted):
        workflow.work(task_id, Context(seconds_left=60))
    assert asked_of(models, "t1", mark) == []
    assert workflow.work(task_id) == "done"


def test_a_killed_worker_is_replaced_and_nothing_is_paid_twice(
    user: User, models: RunningModels, mark: str, database: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one dies when it has the model's answer and is about to put the file."""
    plans(models, mark, task("t1", mark))
    works(models, "t1", mark, calls(("read_file", {"filename": "none.md"}), writes("t1.md")), DONE)
    room = create(user, mark)
    workflow = Workflow(room["id"])
    ((task_id,),) = workflow.plan()
    with monkeypatch.context() as patched:
        patched.setattr(storage, "put", die)
        with pytest.raises(KilledError):
            workflow.work(task_id)
    with pytest.raises(errors.TaskBusy):
        workflow.work(task_id)
    release(database, task_id)
    assert workflow.work(task_id) == "done"
    asked = asked_of(models, "t1", mark)
    assert len(asked) == 2
    assert [message["role"] for message in asked[1]["messages"]] == ["system", "user", "assistant", "tool", "tool"]
    assert len(messages_of(database, room, task_id)) == 2
    kept = "select 1 from ai_messages where task_id = %s and transcript <> '[]'"
    assert database.execute(kept, (task_id,)).fetchall() == []
    assert workflow.finish() == "completed"


@pytest.mark.parametrize("killed_at", ["begin_step", "record_step", "draft_file", "finish_task"])
def test_wherever_workers_are_killed_the_week_is_charged_what_the_models_log_says(
    user: User,
    models: RunningModels,
    mark: str,
    database: Connection,
    monkeypatch: pytest.MonkeyPatch,
    killed_at: str,
) -> None:
    """When the database has done what it was asked, each worker dies, three in a row."""
    plans(models, mark, task("t1", mark))
    works(models, "t1", mark, calls(writes("t1.md")), DONE)
    room = create(user, mark)
    workflow = Workflow(room["id"])
    ((task_id,),) = workflow.plan()
    ask = getattr(step_queries, killed_at)
    for _ in range(3):
        with monkeypatch.context() as patched:
            patched.setattr(step_queries, killed_at, lambda *arguments: die(ask(*arguments)))
            with contextlib.suppress(KilledError):
                workflow.work(task_id)
        database.execute("update room_tasks set lease_until = now() where id = %s and status = 'running'", (task_id,))

    assert workflow.work(task_id) == "done"
    assert (workflow.review(), workflow.finish()) == ([], "completed")
    log = [each for each in models.requests(mark) if each["endpoint"] == "chat"]
    week = request("get_usage", "GET", "/v1/usage", user.token).body
    assert (week["tokens_used"], week["tokens_reserved"]) == (
        sum(each["prompt_tokens"] + each["completion_tokens"] for each in log),
        0,
    )


def test_a_worker_without_a_bucket_gives_its_task_back(
    user: User, models: RunningModels, mark: str, cloud: RoomsCloud
) -> None:
    plans(models, mark, task("t1", mark))
    works(models, "t1", mark, calls(writes("t1.md")), DONE)
    room = create(user, mark)
    workflow = Workflow(room["id"])
    ((task_id,),) = workflow.plan()
    cloud.fails.add("PUT")
    with pytest.raises(UnavailableError):
        workflow.work(task_id)
    cloud.fails.clear()
    assert workflow.work(task_id) == "done"
    assert len(asked_of(models, "t1", mark)) == 2


def test_a_task_that_is_done_is_never_paid_again(user: User, models: RunningModels, mark: str) -> None:
    plans(models, mark, task("t1", mark), task("t2", mark))
    works(models, "t1", mark, calls(writes("t1.md")), DONE)
    down = models.behave(f"brief-t2-{mark}", "status", status=500, times=None)
    room = create(user, mark)
    assert Workflow(room["id"]).whole() == "failed"
    shown = snapshot(user, room)
    assert (shown["room"]["status_reason"], [file["filename"] for file in shown["files"]]) == ("task_failed", ["t1.md"])
    assert {each["key"]: each["error_code"] for each in shown["tasks"]} == {"t1": None, "t2": "model_unavailable"}

    models.forget(down)
    works(models, "t2", mark, calls(writes("t2.md")), DONE)
    again = request("retry_room", "POST", f"/v1/rooms/{room['id']}/retry", user.token)
    assert (again.status, again.body["run"]) == (200, 2)
    workflow = Workflow(room["id"], run=2)
    waves = workflow.plan()
    assert [len(wave) for wave in waves] == [1]
    assert workflow.wave(waves) == ["done"]
    assert workflow.finish() == "completed"
    assert len(asked_of(models, "t1", mark)) == 2
    assert len(requests_of(models, f"<request>\n{mark}", "<roles>")) == 1


def test_a_budget_that_is_reached_pauses_the_room_until_it_is_raised(
    user: User, models: RunningModels, mark: str
) -> None:
    plans(models, mark, task("t1", mark))
    works(models, "t1", mark, calls(writes("t1.md")), DONE)
    room = create(user, mark, budget={"calls": 2})
    workflow = Workflow(room["id"])
    ((task_id,),) = workflow.plan()
    assert workflow.work(task_id) == "waiting"
    shown = snapshot(user, room)
    assert (shown["room"]["status"], shown["room"]["status_reason"]) == ("active", "budget_reached")

    body = {"budget": {"calls": 10}}
    answered = request("answer_room", "POST", f"/v1/rooms/{room['id']}/answer", user.token, body)
    assert (answered.status, answered.body["budget"]["limits"]["calls"]) == (200, 10)
    assert workflow.work(task_id) == "done"
    assert len(asked_of(models, "t1", mark)) == 2


def test_a_room_without_a_budget_for_planning_has_the_default_plan(
    user: User, models: RunningModels, mark: str
) -> None:
    room = create(user, mark, budget={"tokens": 1000})
    assert [len(wave) for wave in Workflow(room["id"]).plan()] == [1, 1]
    assert requests_of(models, mark, "<roles>") == []


@pytest.mark.parametrize("lost", ["plan", "review"])
def test_a_plan_or_review_whose_record_was_not_heard_of_is_not_paid_for_again(
    user: User, models: RunningModels, mark: str, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    plans(models, mark, task("t1", mark))
    works(models, "t1", mark, calls(writes("t1.md")), DONE)
    room = create(user, mark)
    workflow = Workflow(room["id"])
    act = workflow.plan
    if lost == "review":
        workflow.wave(workflow.plan())
        act = workflow.review
    record = step_queries.record_step

    def record_unheard(*arguments: Any) -> Any:
        record(*arguments)
        raise UnavailableError

    with monkeypatch.context() as patched:
        patched.setattr(step_queries, "record_step", record_unheard)
        patched.setattr("shared.platform.repetition.time.sleep", lambda _seconds: None)
        with pytest.raises(UnavailableError):
            act()
    asked, used = len(models.requests(mark)), snapshot(user, room)["budget"]["used"]
    act()

    assert len(models.requests(mark)) == asked
    assert snapshot(user, room)["budget"]["used"] | {"seconds": 0} == used | {"seconds": 0}
    cancelled = request("cancel_room", "POST", f"/v1/rooms/{room['id']}/cancel", user.token)
    assert cancelled.status == 200
    assert request("get_usage", "GET", "/v1/usage", user.token).body["tokens_used"] == used["tokens"]


def test_an_invalid_plan_is_asked_for_once_more(user: User, models: RunningModels, mark: str) -> None:
    invalid = json.dumps({"criteria": CRITERIA, "tasks": [task("t1", mark, role="hacker")]})
    valid = json.dumps({"criteria": CRITERIA, "tasks": [task("t1", mark)]})
    models.behave(f"<request>\n{mark}", "script", steps=[{"content": invalid}, {"content": valid}])
    room = create(user, mark)
    assert [len(wave) for wave in Workflow(room["id"]).plan()] == [1]
    second = requests_of(models, mark, "<roles>")[-1]["messages"]
    assert "the role must be one of" in second[-1]["content"]


def test_after_two_invalid_plans_there_is_the_default_one(user: User, models: RunningModels, mark: str) -> None:
    models.behave(f"<request>\n{mark}", "script", content="Certainly!", times=2)
    room = create(user, mark)
    Workflow(room["id"]).plan()
    assert [each["role"] for each in snapshot(user, room)["tasks"]] == ["researcher", "writer"]
    assert len(requests_of(models, mark, "<roles>")) == 2


def test_a_cancelled_room_stops_its_agents_and_its_execution(
    user: User, models: RunningModels, mark: str, cloud: RoomsCloud
) -> None:
    plans(models, mark, task("t1", mark))
    room = create(user, mark)
    workflow = Workflow(room["id"])
    ((task_id,),) = workflow.plan()
    cancelled = request("cancel_room", "POST", f"/v1/rooms/{room['id']}/cancel", user.token)
    assert (cancelled.body["status"], cancelled.body["status_reason"]) == ("failed", "cancelled")
    assert [each["executionArn"] for each in cloud.said("StopExecution")] == [
        f"{MACHINE.replace(':stateMachine:', ':execution:')}:{room['id']}-1"
    ]
    assert workflow.work(task_id) in ("cancelled", "skipped")
    assert workflow.review() == []
    assert workflow.finish() == "failed"
    assert {each["status"] for each in snapshot(user, room)["tasks"]} == {"cancelled"}


def test_an_error_of_the_workflow_ends_the_room_with_a_reason(user: User, mark: str) -> None:
    room = create(user, mark)
    assert Workflow(room["id"]).finish("States.Timeout") == "failed"
    assert snapshot(user, room)["room"]["status_reason"] == "timed_out"


def test_a_task_of_which_the_provider_is_down_can_be_tried_again_at_once(
    user: User, models: RunningModels, mark: str
) -> None:
    plans(models, mark, task("t1", mark))
    room = create(user, mark)
    workflow = Workflow(room["id"])
    ((task_id,),) = workflow.plan()
    for status, error in ((500, errors.ProviderUnavailable), (429, errors.ProviderRateLimited)):
        models.behave(f"brief-t1-{mark}", "status", status=status, times=3)  # as often as it is asked
        with pytest.raises(error):
            workflow.work(task_id)
    works(models, "t1", mark, calls(writes("t1.md")), DONE)
    assert workflow.work(task_id) == "done"


def test_two_providers_share_a_room_and_one_stands_in_for_the_other(
    user: User, models: RunningModels, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are the one offline model; the coder's own provider is down."""
    monkeypatch.setenv("GEMINI_API_KEY_PARAMETER", "/openai-key")
    monkeypatch.setenv("GEMINI_BASE_URL", models.base_url)
    monkeypatch.setenv("GEMINI_MODEL", "hercules-extractive-1")
    monkeypatch.setenv("WRITER_MODEL", "gemini")
    plans(models, mark, task("t1", mark), task("t2", mark, role="coder"))
    for key in ("t1", "t2"):
        works(models, key, mark, calls(writes(f"{key}.md")), DONE)
    models.behave(f"brief-t2-{mark}", "status", status=503)
    room = create(user, mark, provider="Mixed")
    assert Workflow(room["id"]).whole() == "completed"
    shown = snapshot(user, room)["room"]
    assert shown["llm_used"] == "Mixed"
