"""What an owner does with a room besides answering: hold it, see its plan, go on with it, delete it."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from infra.local.offline_models.server import RunningModels
from tests.support.functions.invocations import Answer, User, request
from tests.support.functions.rooms_cloud import RoomsCloud, Workflow
from tests.support.functions.rooms_script import (
    CRITERIA,
    DONE,
    asked_of,
    calls,
    create,
    plans,
    requests_of,
    snapshot,
    task,
    works,
    writes,
)

pytestmark = pytest.mark.usefixtures("cloud")


def hold(user: User, room: dict[str, Any], *, paused: bool) -> Answer:
    return request("hold_room", "PUT", f"/v1/rooms/{room['id']}/hold", user.token, {"paused": paused})


def change(user: User, room: dict[str, Any], **changes: Any) -> Answer:
    return request("change_plan", "PATCH", f"/v1/rooms/{room['id']}/plan", user.token, changes)


def go_on(user: User, room: dict[str, Any], follow_up: str, **more: Any) -> Answer:
    body = {"follow_up": follow_up, **more}
    return request("continue_room", "POST", f"/v1/rooms/{room['id']}/continue", user.token, body)


def delete(user: User, room: dict[str, Any]) -> Answer:
    return request("delete_room", "DELETE", f"/v1/rooms/{room['id']}", user.token)


def test_a_room_that_is_paused_asks_no_model_until_it_is_let_go_on(
    user: User, models: RunningModels, mark: str, cloud: RoomsCloud
) -> None:
    plans(models, mark, task("t1", mark))
    works(models, "t1", mark, calls(writes("t1.md")), DONE)
    room = create(user, mark)
    workflow = Workflow(room["id"])
    ((task_id,),) = workflow.plan()
    assert hold(user, room, paused=True).body["hold"] == "pause"
    assert workflow.work(task_id) == "waiting"
    assert asked_of(models, "t1", mark) == []
    assert snapshot(user, room)["room"]["status_reason"] == "paused"

    assert hold(user, room, paused=False).body["status"] == "processing"
    assert [each["taskToken"] for each in cloud.said("SendTaskSuccess")] == workflow.waiting
    assert workflow.work(task_id) == "done"


def test_a_plan_is_seen_and_changed_before_it_runs(user: User, models: RunningModels, mark: str) -> None:
    plans(models, mark, task("t1", mark), task("t2", mark))
    room = create(user, mark, approve_plan=True)
    workflow = Workflow(room["id"])
    assert workflow.wave(workflow.plan()) == ["waiting", "waiting"]
    shown = snapshot(user, room)
    assert (shown["room"]["hold"], shown["room"]["status_reason"]) == ("plan", "plan_ready")
    assert [each["brief"] for each in shown["tasks"]] == [f"brief-t1-{mark}", f"brief-t2-{mark}"]

    tasks = [{"key": "t2", "removed": True}, {"key": "t1", "brief": f"brief-x-{mark}"}]
    changed = change(user, room, criteria=CRITERIA[:1], tasks=tasks)
    assert changed.body["criteria"] == CRITERIA[:1]
    opened, planned, left = (each["estimate"]["minutes"] for each in (room, shown["room"], changed.body))
    assert opened["low"] <= planned["low"] <= planned["high"] <= opened["high"]
    assert (left["high"], changed.body["estimate"]["dollars"]["high"]) == (
        planned["high"],
        0,
    )  # the models are free here
    works(models, "x", mark, calls(writes("t1.md")), DONE)
    hold(user, room, paused=False)
    assert workflow.wave([[each["id"] for each in shown["tasks"]]]) == ["done", "cancelled"]
    assert workflow.review() == []
    assert workflow.finish() == "completed"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"tasks": [{"key": "t1"}]},
        {"tasks": [{"key": "t1", "brief": "x", "removed": True}]},
        {"criteria": []},
        {"x": 1},
    ],
)
def test_a_change_that_says_nothing_or_two_things_is_refused(user: User, mark: str, changes: dict[str, Any]) -> None:
    assert change(user, {"id": uuid4()}, **changes).status == 422


def test_an_urgent_word_in_a_plan_or_a_follow_up_gets_advice_and_no_agent_hears_it(
    user: User, models: RunningModels, mark: str
) -> None:
    plans(models, mark, task("t1", mark))
    works(models, "t1", mark, calls(writes("t1.md")), DONE)
    room = create(user, mark, approve_plan=True)
    urgent = "I have crushing chest pain and my left arm is numb"
    assert change(user, room, tasks=[{"key": "t1", "brief": urgent}]).body["code"] == "red_flag"
    assert go_on(user, room, urgent).body["code"] == "red_flag"


def test_a_finished_room_is_gone_on_with_on_its_files_and_keeps_the_versions(
    user: User, models: RunningModels, mark: str
) -> None:
    plans(models, mark, task("t1", mark, deliverables=["guide.md"]))
    works(models, "t1", mark, calls(writes("guide.md", "# Long guide")), DONE)
    room = create(user, mark)
    assert Workflow(room["id"]).whole() == "completed"

    shorter = f"shorter-{mark}"
    plans(models, mark, task("t1", shorter, deliverables=["guide.md"]))
    edit = "edit_file", {"filename": "guide.md", "old": "Long", "new": "Short"}
    works(models, "t1", shorter, calls(("read_file", {"filename": "guide.md"})), calls(edit), DONE)
    told = go_on(user, room, shorter)
    assert (told.status, told.body["part"], told.body["run"]) == (200, 2, 2)
    assert Workflow(room["id"], run=2).whole() == "completed"

    planning = requests_of(models, shorter, "<follow_up>")[0]["messages"]
    assert "guide.md" in str(planning)
    (file,) = snapshot(user, room)["files"]
    assert (file["filename"], file["version"]) == ("guide.md", 2)
    assert [each["part"] for each in snapshot(user, room)["tasks"]] == [1, 2]


def test_a_room_at_work_is_neither_gone_on_with_nor_deleted(user: User, mark: str) -> None:
    room = create(user, mark)
    assert (go_on(user, room, "Shorter.").body["code"], delete(user, room).body["code"]) == ("room_open", "room_open")


def test_a_room_is_deleted_with_its_files(user: User, models: RunningModels, mark: str, cloud: RoomsCloud) -> None:
    plans(models, mark, task("t1", mark))
    works(models, "t1", mark, calls(writes("t1.md")), DONE)
    room = create(user, mark)
    Workflow(room["id"]).whole()
    assert [key for key in cloud.objects if key.startswith(room["folder_path"])]
    assert delete(user, room).status == 204
    assert [key for key in cloud.objects if key.startswith(room["folder_path"])] == []
    assert request("get_room", "GET", f"/v1/rooms/{room['id']}", user.token).status == 404
    assert delete(user, room).status == 404


def test_another_ones_room_is_not_there(user: User, add_user: Callable[[], User], mark: str) -> None:
    room, other = create(user, mark), add_user()
    answers = [hold(other, room, paused=True), change(other, room, criteria=["x"])]
    answers += [go_on(other, room, "x"), delete(other, room)]
    assert {(answer.status, answer.body["code"]) for answer in answers} == {(404, "room_not_found")}


# ------------------------------------------------------------------------------------------------------------ schedules
def scheduled(user: User, **changed: Any) -> Answer:
    body = {"task_prompt": "My week.", "weekdays": ["sunday", "monday"], "at": "18:00", "time_zone": "Europe/Berlin"}
    return request("create_room", "POST", "/v1/room-schedules", user.token, body | changed)


def test_a_schedule_is_made_listed_changed_paused_and_ended(user: User) -> None:
    made = scheduled(user)
    assert (made.status, made.body["weekdays"], made.body["at"]) == (201, ["monday", "sunday"], "18:00")
    path = f"/v1/room-schedules/{made.body['id']}"
    changed = request("create_room", "PATCH", path, user.token, {"paused": True, "at": "07:00"})
    assert (changed.status, changed.body["paused"], changed.body["at"]) == (200, True, "07:00")
    assert request("create_room", "GET", "/v1/room-schedules", user.token).body == {"items": [changed.body]}
    assert request("create_room", "DELETE", path, user.token).status == 204
    assert request("create_room", "DELETE", path, user.token).body["code"] == "schedule_not_found"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"at": "24:00"}, "invalid_request"),
        ({"weekdays": []}, "invalid_request"),
        ({"weekdays": ["someday"]}, "invalid_request"),
        ({"time_zone": "Mars/Olympus"}, "unknown_time_zone"),
        ({"time_zone": None}, "time_zone_needed"),
        ({"task_prompt": "I have crushing chest pain and my left arm is numb"}, "red_flag"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(user: User, changed: dict[str, Any], code: str) -> None:
    refused = scheduled(user, **changed)
    assert (refused.status, refused.body["code"]) == (422, code)
