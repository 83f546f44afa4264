import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rooms.default_plan import default_plan
from shared.rooms.plan import FEWEST_CRITERIA, ROLES, PlanFaultsError, read_plan, waves

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


def rows(*tasks: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"id": f"id-{each['key']}", **each} for each in tasks]


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


def test_tasks_run_in_waves_each_after_what_it_needs() -> None:
    found = waves(rows(task("t1"), task("t2"), task("t3", depends_on=["t1", "t2"]), task("t4", depends_on=["t3"])))
    assert found == [["id-t1", "id-t2"], ["id-t3"], ["id-t4"]]


def test_what_is_done_already_is_no_hindrance() -> None:
    assert waves(rows(task("t2", depends_on=["t1"]))) == [["id-t2"]]
    assert waves([]) == []


@given(st.lists(st.sets(st.integers(0, 7)), min_size=1, max_size=8))
def test_every_task_of_an_acyclic_plan_runs_once_and_after_its_needs(needs: list[set[int]]) -> None:
    tasks = [
        task(f"t{number + 1}", depends_on=[f"t{other + 1}" for other in sorted(before) if other < number])
        for number, before in enumerate(needs)
    ]
    order = waves(rows(*tasks))
    place = {task_id: number for number, wave in enumerate(order) for task_id in wave}
    assert sorted(place) == sorted(f"id-{each['key']}" for each in tasks)
    assert all(place[f"id-{key}"] < place[f"id-{each['key']}"] for each in tasks for key in each["depends_on"])


@pytest.mark.parametrize(
    "roles", [list(ROLES), ["writer"], ["coder"], ["researcher"], ["researcher", "coder"]], ids=str
)
@pytest.mark.parametrize("request_", ["Plan my week", "Write a Python script that counts sets"])
def test_the_default_plan_is_a_valid_one_of_the_wanted_roles(roles: tuple[str, ...], request_: str) -> None:
    plan = default_plan(request_, roles)
    again = read_plan(json.dumps({"criteria": plan.criteria, "tasks": plan.rows()}), roles)
    assert again == plan
    assert len(plan.criteria) >= FEWEST_CRITERIA


def test_the_default_plan_has_a_program_where_one_is_asked_for() -> None:
    assert [each.role for each in default_plan("Write a script", ROLES).tasks] == ["researcher", "writer", "coder"]
    assert [each.role for each in default_plan("Plan my week", ROLES).tasks] == ["researcher", "writer"]
