"""Urgent words to a room: fixed advice at once, and nothing begins; of what agents write nothing unsafe is kept."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from infra.local.offline_models.server import RunningModels
from shared.actions.registry import TYPES
from shared.platform.errors import UnavailableError
from shared.safety.advice import Advice, advice_for, notice
from shared.safety.red_flags import find_red_flag
from shared.safety.situation import Situation
from tests.support.functions.invocations import Answer, User, request
from tests.support.functions.proposals import propose
from tests.support.functions.rooms_cloud import RoomsCloud, Workflow
from tests.support.functions.rooms_script import (
    DONE,
    Connection,
    asked_of,
    calls,
    create,
    messages_of,
    plans,
    snapshot,
    task,
    works,
    writes,
)
from tests.support.suspicion import doubted_statement, suspected_statement

URGENT = "Write me a plan for tomorrow, my chest hurts and my left arm is numb"
BLEEDS = "I cut my shin on the box and it won't stop bleeding"
EMERGENCY = advice_for("emergency")


pytestmark = pytest.mark.usefixtures("cloud")


def is_advised(answer: Answer, kind: str, given: Advice) -> bool:
    body = answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    told = (answer.status, body["code"], body["detail"], body["kind"], body["source"])
    return told == (422, "red_flag", given.text, kind, given.source)


def heard(user: User, room: dict[str, Any]) -> list[Any]:
    """All that an owner's words would change."""
    seen = snapshot(user, room)
    return [seen[part] for part in ("room", "steer", "inputs", "messages", "as_of")]


def test_urgent_words_get_advice_and_no_room(user: User, cloud: RoomsCloud) -> None:
    body = {"task_prompt": URGENT}
    answers = [request("create_room", "POST", "/v1/rooms", user.token, body, Idempotency_Key="k") for _ in range(2)]
    assert all(is_advised(answer, "chest_pain", EMERGENCY) for answer in answers)
    assert "idempotent-replayed" not in answers[1].headers
    assert cloud.asked == []
    assert request("list_rooms", "GET", "/v1/rooms", user.token).body["items"] == []
    assert request("get_usage", "GET", "/v1/usage", user.token).body["tokens_reserved"] == 0


def test_the_key_of_a_request_that_got_advice_is_still_free(user: User) -> None:
    request("create_room", "POST", "/v1/rooms", user.token, {"task_prompt": URGENT}, Idempotency_Key="k")
    answer = request("create_room", "POST", "/v1/rooms", user.token, {"task_prompt": "A plan"}, Idempotency_Key="k")
    assert answer.status == 201


@pytest.mark.parametrize(
    "body", [{"steer": BLEEDS}, {"answer": BLEEDS}, {"steer": "Faster", "answer": BLEEDS}], ids=str
)
def test_urgent_words_of_an_owner_reach_no_agent(user: User, body: dict[str, Any]) -> None:
    room = create(user, "Wait")
    before = heard(user, room)
    answer = request("answer_room", "POST", f"/v1/rooms/{room['id']}/answer", user.token, body)
    assert is_advised(answer, "bleeding", EMERGENCY)
    assert heard(user, room) == before


def test_what_only_sounds_urgent_opens_and_steers_a_room(user: User) -> None:
    room = create(user, "A chest day for somebody without chest pain, explain the warning signs of a stroke")
    answer = request(
        "answer_room", "POST", f"/v1/rooms/{room['id']}/answer", user.token, {"steer": "No chest pain here"}
    )
    assert answer.status == 200


def test_a_room_knows_urgent_words_that_no_rule_knows_as_a_chat_does(user: User) -> None:
    urgent = "il generatore era acceso in garage e adesso siamo tutti intontiti e con la nausea"
    assert find_red_flag(urgent) is None
    refused = request("create_room", "POST", "/v1/rooms", user.token, {"task_prompt": urgent})
    assert is_advised(refused, "carbon_monoxide", advice_for("emergency", "it"))
    action_type = TYPES["open_room"]
    (found,) = action_type.findings(action_type.payload(prompt=urgent), {}, Situation({}))
    assert found.rule == "classifier"


def test_a_room_may_write_about_what_would_be_urgent(user: User) -> None:
    create(user, "Which symptoms does a seizure have? Make a quiz of it for a class of seniors")


def test_the_coach_may_not_propose_a_room_with_urgent_words() -> None:
    action_type = TYPES["open_room"]
    payload = action_type.payload.model_validate({"prompt": URGENT})
    (found,) = action_type.findings(payload, {}, Situation({}))
    assert (found.rule, found.message) == ("chest_pain", EMERGENCY.text)
    assert action_type.findings(action_type.payload(prompt="Compare three plans"), {}, Situation({})) == []


def test_a_proposed_room_is_not_approved_with_urgent_words_put_in(
    user: User, database: Connection, cloud: RoomsCloud
) -> None:
    action = propose(database, user, "open_room")
    seen = request("list_actions", "GET", "/v1/actions", user.token).body["items"]
    version = next(each["version"] for each in seen if UUID(each["id"]) == UUID(action))
    body = {"version": version, "edited_payload": {"prompt": URGENT}}
    answer = request("approve_action", "POST", f"/v1/actions/{action}/approve", user.token, body)
    assert (answer.status, answer.body["code"]) == (422, "unsafe_action")
    assert [each["message"] for each in answer.body["findings"]] == [EMERGENCY.text]
    assert cloud.asked == []


# ------------------------------------------------------------------------------------------------- what agents write
STARVE = "Eat 600 kcal a day."
PLAN = "# Your plan\n\nSquat and press on Monday and Friday.\n\n{}\n\nRest on Sunday and sleep well."
WHOLE = PLAN.format("Eat well.")
PUBLISHED = "select v.key from room_file_versions as v where v.room_id = %s and v.status = 'published' order by v.key"


def known(user: User, **profile: Any) -> None:
    assert request("update_profile", "PATCH", "/v1/profile", user.token, profile).status == 200


def delivered(database: Connection, cloud: RoomsCloud, room: dict[str, Any]) -> str:
    ((key,),) = database.execute(PUBLISHED, (room["id"],)).fetchall()
    return cloud.objects[key].decode()


def everything(user: User, database: Connection, cloud: RoomsCloud, room: dict[str, Any]) -> str:
    """All that is shown and kept of a room."""
    tables = ("ai_messages", "room_tasks", "room_inputs")
    rows = [database.execute(f"select t from {table} as t where room_id = %s", (room["id"],)) for table in tables]
    events = database.execute("select t from ai_events as t where t::text like %s", (f"%{room['id']}%",))
    return str([*(each.fetchall() for each in rows), events.fetchall(), snapshot(user, room), cloud.objects])


def test_what_is_not_safe_is_mended_by_its_agent_and_then_arrives_whole(
    user: User, models: RunningModels, mark: str, cloud: RoomsCloud, database: Connection
) -> None:
    plans(models, mark, task("t1", mark))
    works(models, "t1", mark, calls(writes("t1.md", PLAN.format(STARVE))), calls(writes("t1.md", WHOLE)), DONE)
    room = create(user, mark)
    assert Workflow(room["id"]).whole() == "completed"
    told = json.dumps(asked_of(models, "t1", mark)[1]["messages"])
    assert "(calories_too_low)" in told
    assert snapshot(user, room)["room"]["status_reason"] is None
    assert delivered(database, cloud, room) == WHOLE
    assert "Eat 600" not in everything(user, database, cloud, room)


def test_what_is_not_mended_is_left_out_and_the_file_and_the_room_say_so(
    user: User, models: RunningModels, mark: str, cloud: RoomsCloud, database: Connection
) -> None:
    plans(models, mark, task("t1", mark))
    unsafe = calls(writes("t1.md", PLAN.format(STARVE)))
    works(models, "t1", mark, unsafe, unsafe, {"content": f"{STARVE} That is what the plan of this week says to you."})
    room = create(user, mark)
    assert Workflow(room["id"]).whole() == "completed"
    asked = json.dumps(asked_of(models, "t1", mark)[2]["messages"])
    assert asked.count("to be mended") == 1
    shown = snapshot(user, room)
    assert (shown["room"]["status_reason"], shown["room"]["issues"]) == (
        "completed_with_issues",
        ["t1.md lacks what was not safe."],
    )
    left = PLAN.format("").replace("\n\n\n\n", "\n\n")
    assert delivered(database, cloud, room) == f"{left}\n\n{notice('left_out_of_file')}\n"
    assert shown["tasks"][0]["summary"].startswith("That is what the plan")
    assert "Eat 600" not in everything(user, database, cloud, room)


@pytest.mark.parametrize("of", [suspected_statement, doubted_statement])
def test_what_is_only_suspected_in_a_file_is_told_once_and_delivered_where_its_agent_stands_by_it(
    user: User,
    models: RunningModels,
    mark: str,
    cloud: RoomsCloud,
    database: Connection,
    of: Callable[[str, str], str],
) -> None:
    before, after = "Walk every day for half an hour.", "Sleep for eight hours."
    plan = f"# Your plan\n\n{before} {of(before, after)} {after}"
    plans(models, mark, task("t1", mark))
    works(models, "t1", mark, calls(writes("t1.md", plan)), calls(writes("t1.md", plan)), DONE)
    room = create(user, mark)
    assert Workflow(room["id"]).whole() == "completed"
    asked = [json.dumps(each["messages"]) for each in asked_of(models, "t1", mark)]
    assert "These are only suspected" in asked[1]
    assert asked[2].count("to be mended") == 1
    assert snapshot(user, room)["room"]["status_reason"] is None
    assert delivered(database, cloud, room) == plan


def test_a_worker_that_died_before_its_agent_was_told_tells_it_the_same_and_charges_nothing_twice(
    user: User, models: RunningModels, mark: str, cloud: RoomsCloud, database: Connection
) -> None:
    plans(models, mark, task("t1", mark))
    works(models, "t1", mark, calls(writes("t1.md", PLAN.format(STARVE))), calls(writes("t1.md", WHOLE)), DONE)
    room = create(user, mark)
    workflow = Workflow(room["id"])
    ((task_id,),) = workflow.plan()
    cloud.fails.add("PUT")
    with pytest.raises(UnavailableError):
        workflow.work(task_id)
    cloud.fails.clear()
    assert workflow.work(task_id) == "done"
    assert len(asked_of(models, "t1", mark)) == 3
    assert json.dumps(asked_of(models, "t1", mark)[2]["messages"]).count("to be mended") == 1
    assert delivered(database, cloud, room) == WHOLE
    assert len(messages_of(database, room, task_id)) == 3


@pytest.mark.parametrize(
    ("profile", "advised", "rule"),
    [
        ({"birth_year": datetime.now(UTC).year - 15}, "Lose weight with a deficit of 400 kcal a day.", "minor_deficit"),
        ({"pregnant": True}, "Take 400 mg of caffeine before training.", "caffeine_pregnancy"),
    ],
    ids=["fifteen", "pregnant"],
)
def test_what_is_fine_for_others_is_not_delivered_to_whom_it_would_hurt(
    user: User,
    models: RunningModels,
    mark: str,
    cloud: RoomsCloud,
    database: Connection,
    profile: dict[str, Any],
    advised: str,
    rule: str,
) -> None:
    known(user, **profile)
    plans(models, mark, task("t1", mark))
    works(models, "t1", mark, calls(writes("t1.md", PLAN.format(advised))), DONE)
    room = create(user, mark)
    Workflow(room["id"]).whole()
    assert f"({rule})" in json.dumps(asked_of(models, "t1", mark)[1]["messages"])
    assert advised not in delivered(database, cloud, room)


def test_agents_know_whom_they_work_for(user: User, models: RunningModels, mark: str) -> None:
    known(user, injuries="left knee, mild")
    plans(models, mark, task("t1", mark))
    works(models, "t1", mark, calls(writes("t1.md")), DONE)
    Workflow(create(user, mark)["id"]).whole()
    (begun, *_) = asked_of(models, "t1", mark)
    assert "left knee, mild" in json.dumps(begun["messages"])


def test_a_plan_that_is_not_safe_is_made_anew_before_anybody_reads_it(
    user: User, models: RunningModels, mark: str, cloud: RoomsCloud, database: Connection
) -> None:
    plans(models, mark, task("t1", mark, brief=f"brief-t1-{mark}. {STARVE}"))
    room = create(user, mark)
    planned = Workflow(room["id"]).plan()
    shown = snapshot(user, room)["tasks"]
    assert all(STARVE not in each["brief"] for each in shown)
    assert planned
    assert "Eat 600" not in everything(user, database, cloud, room)


def test_an_owner_cannot_read_what_an_agent_has_for_itself(user: User, database: Connection) -> None:
    granted = "select has_column_privilege('authenticated', 'ai_messages', %s, 'select')"
    assert [database.execute(granted, (name,)).fetchone() for name in ("response", "transcript")] == [(True,), (False,)]


@pytest.mark.parametrize(
    ("prompt", "language", "advice"),
    [
        ("เขียนแผนวิ่งให้หน่อย ตอนนี้เจ็บแน่นหน้าอกร้าวไปแขนซ้าย", "en", "emergency"),
        ("Γράψε μου ένα πλάνο. Τώρα έχω ένα βάρος στο στήθος", "de", "Notruf"),
    ],
    ids=["Thai", "Greek"],
)
def test_what_only_the_model_that_plans_finds_urgent_gets_advice_and_no_agent_hears_it(
    user: User, models: RunningModels, mark: str, prompt: str, language: str, advice: str
) -> None:
    request("update_profile", "PATCH", "/v1/profile", user.token, {"language": language})
    said = json.dumps({"urgent": {"kind": "emergency", "quote": prompt}, "criteria": [], "tasks": []})
    models.behave(f"</files>\n<request>\n{prompt} {mark}", "script", content=said)
    room = create(user, f"{prompt} {mark}")
    workflow = Workflow(room["id"])
    assert workflow.whole() == "failed"

    shown = snapshot(user, room)
    assert (shown["room"]["status_reason"], shown["tasks"], shown["files"]) == ("red_flag", [], [])
    (told,) = shown["room"]["issues"]
    assert advice.casefold() in told.casefold()
