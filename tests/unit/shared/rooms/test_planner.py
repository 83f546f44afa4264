import json
from dataclasses import asdict
from typing import Any

import pytest

from shared.llm.answer import Answer
from shared.rooms.planner import MIN_CRITERIA, PlanFaultsError, default_plan, plan_of, read_plan
from shared.rooms.schemas import ROLES, Role
from shared.rooms.work import Plan
from tests.support.room_doubles import ScriptedDatabase, ScriptedOrchestrator, in_time, says
from tests.support.room_work import agent_file, room_state, room_work

CRITERIA = ["It answers the question.", "It names its sources.", "It is safe."]


def task(key: str = "t1", **changed: Any) -> dict[str, Any]:
    usual = {"key": key, "role": "writer", "brief": "Write it.", "deliverables": [f"{key}.md"], "depends_on": []}
    return usual | changed


def said(*tasks: dict[str, Any], criteria: Any = CRITERIA) -> str:
    return json.dumps({"criteria": criteria, "tasks": tasks})


def faults(text: str, **named: Any) -> list[str]:
    with pytest.raises(PlanFaultsError) as failed:
        read_plan(text, **named)
    return failed.value.faults


def test_a_plan_is_read() -> None:
    plan = read_plan(said(task("t1", role="researcher"), task("t2", depends_on=["t1"])))
    assert [(each.key, each.role, each.depends_on) for each in plan.tasks] == [
        ("t1", "researcher", []),
        ("t2", "writer", ["t1"]),
    ]
    assert plan.criteria == CRITERIA


def test_a_plan_in_a_block_of_markdown_is_read() -> None:
    assert read_plan(f"```json\n{said(task())}\n```").tasks[0].key == "t1"


@pytest.mark.parametrize("text", ["", "Certainly!", "[]", "{}", '{"criteria": [], "tasks": 3}', "null"])
def test_what_is_no_plan_is_refused(text: str) -> None:
    assert faults(text) == ["It is not JSON of the given schema."]


@pytest.mark.parametrize(
    ("tasks", "fault"),
    [
        ([], "1 to 8 tasks"),
        ([task(f"t{number}") for number in range(1, 10)], "1 to 8 tasks"),
        ([task(role="hacker")], "role must be one of"),
        ([task(role="orchestrator")], "role must be one of"),
        ([task(brief="  ")], "the brief must have"),
        ([task(brief="x" * 6001)], "the brief must have"),
        ([task(brief="a\x00b")], "the brief must have"),
        ([task(deliverables=[])], "1 to 4 deliverables"),
        ([task(deliverables=["../../plan.md"])], "a deliverable cannot be used"),
        ([task(deliverables=["plan.exe"])], "a deliverable cannot be used"),
        ([task("t1", deliverables=["a.md"]), task("t2", deliverables=["A.md"])], "named once"),
        ([task(deliverables=["mine.md"])], "file that the user gave"),
        ([task("t1"), task("t1", deliverables=["b.md"])], "key of its own"),
        ([task("first")], "Keys are"),
        ([task(depends_on=["t9"])], "a key that there is not"),
        ([task(depends_on=["t1"])], "in a circle"),
        ([task("t1", depends_on=["t2"]), task("t2", depends_on=["t1"])], "in a circle"),
    ],
)
def test_a_plan_with_a_fault_is_refused_with_its_name(tasks: list[dict[str, Any]], fault: str) -> None:
    assert any(fault in found for found in faults(said(*tasks), taken=["Mine.md"]))


@pytest.mark.parametrize("criteria", [[], CRITERIA[:2], ["x"] * 8, ["", "b", "c"], ["x" * 501, "b", "c"]])
def test_criteria_that_nobody_can_check_are_refused(criteria: list[str]) -> None:
    assert any("criteri" in found for found in faults(said(task(), criteria=criteria)))


def test_only_the_wanted_roles_are_taken() -> None:
    assert faults(said(task()), roles=["coder"]) == ['Task "t1": the role must be one of coder.']


def test_all_faults_are_named_at_once() -> None:
    assert len(faults(said(task(role="x", brief=""), criteria=[]))) == 3


@pytest.mark.parametrize(
    "roles", [list(ROLES), ["writer"], ["coder"], ["researcher"], ["researcher", "coder"]], ids=str
)
@pytest.mark.parametrize("request_", ["Plan my week", "Write a Python script that counts sets"])
def test_the_default_plan_is_a_valid_one_of_the_wanted_roles(roles: tuple[Role, ...], request_: str) -> None:
    plan = default_plan(request_, roles)
    again = read_plan(json.dumps({"criteria": plan.criteria, "tasks": [asdict(each) for each in plan.tasks]}), roles)
    assert again == plan
    assert len(plan.criteria) >= MIN_CRITERIA


def test_the_default_plan_has_a_program_where_one_is_asked_for() -> None:
    assert [each.role for each in default_plan("Write a script", ROLES).tasks] == ["researcher", "writer", "coder"]
    assert [each.role for each in default_plan("Plan my week", ROLES).tasks] == ["researcher", "writer"]


# -------------------------------------------------------------------------------------------------- asking for the plan
def planned(*answers: Answer | None, given: str = "") -> tuple[Plan, str, ScriptedOrchestrator]:
    files = [agent_file(given, task_id=None)] if given else []
    orchestrator = ScriptedOrchestrator(ScriptedDatabase(), room_state(plan=None), 1, in_time(), list(answers))
    plan, origin = plan_of(orchestrator, room_work(files=files, plan=None))
    return plan, origin, orchestrator


def test_a_valid_plan_is_asked_for_once() -> None:
    plan, origin, orchestrator = planned(says(said(task())))
    assert ([each.key for each in plan.tasks], origin) == (["t1"], "orchestrator")
    assert [name for name, _ in orchestrator.asked] == ["plan-1"]


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (says("No."), "not JSON of the given schema"),
        (says(said(task(role="x"))), "the role must be one of"),
        (says('{"tasks": [', finish="length"), "cut off before its end"),
        (says(said(task(deliverables=["mine.md"]))), "the name of a file that the user gave"),
    ],
)
def test_the_orchestrator_is_told_what_is_wrong_and_asked_once_more(first: Answer, told: str) -> None:
    _, origin, orchestrator = planned(first, says(said(task())), given="mine.md")
    assert origin == "orchestrator"
    assert [name for name, _ in orchestrator.asked] == ["plan-1", "plan-2"]
    assert told in orchestrator.asked[1][1]


@pytest.mark.parametrize(
    "answers",
    [[says("No."), says("No.")], [None], [says("", finish="content_filter")], [says("No."), None]],
    ids=["no plan", "no budget", "refused", "no budget for the second"],
)
def test_without_a_plan_of_the_orchestrator_there_is_the_default_one(answers: list[Answer | None]) -> None:
    plan, origin, _ = planned(*answers, given="result.md")
    assert origin == "default"
    assert "result.md" not in [name for each in plan.tasks for name in each.deliverables]
