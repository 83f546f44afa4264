"""What is made of the table of functions."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.packaging import generated
from infra.packaging.table import UnfitTableError, functions, needs

ROOT = Path(__file__).parents[3]
ENTRY = """
greet_user:
  description: Says hello
  class: api
  needs: [{needs}]
  timeout: 29
  events:
    - httpApi: GET /v1/greeting
    - schedule: {{ rate: [rate(1 hour)] }}
"""


def made(tmp_path: Path, needed: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The function as osls takes it, and all resources, of one entry."""
    (tmp_path / "infra" / "functions").mkdir(parents=True)
    (tmp_path / "infra" / "functions" / "group.yml").write_text(ENTRY.format(needs=needed))
    generated.write(tmp_path, tmp_path / "build")
    function = json.loads((tmp_path / "build" / "functions.json").read_text())["greet_user"]
    return function, json.loads((tmp_path / "build" / "access.json").read_text())["Resources"]


def test_a_function_gets_its_handler_its_zip_and_its_role_by_its_name(tmp_path: Path) -> None:
    function, _ = made(tmp_path, "")

    assert function["handler"] == "functions/greet_user/handler.handler"
    assert function["package"] == {"artifact": "build/functions/greet_user.zip"}
    assert (function["role"], function["timeout"], function["environment"]) == ("GreetUserRole", 29, {})
    assert not function.keys() & {"class", "needs"}


def test_a_function_without_needs_writes_to_its_own_log_and_no_more(tmp_path: Path) -> None:
    _, resources = made(tmp_path, "")
    role = resources["GreetUserRole"]["Properties"]

    assert role["ManagedPolicyArns"] == []
    (policy,) = role["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Resource"] == {"Fn::GetAtt": ["GreetUnderscoreuserLogGroup", "Arn"]}


def test_a_need_gives_the_variables_and_the_right_together(tmp_path: Path) -> None:
    function, resources = made(tmp_path, "service_key, start_rooms")
    role = resources["GreetUserRole"]["Properties"]

    assert function["environment"] == {
        "SECRET_PARAMETERS": "${param:SUPABASE_SERVICE_KEY_PARAMETER}",
        "SUPABASE_SERVICE_KEY_PARAMETER": "${param:SUPABASE_SERVICE_KEY_PARAMETER}",
        "ROOM_WORKFLOW_ARN": {"Ref": "RoomWorkflow"},
    }
    assert role["ManagedPolicyArns"] == [{"Ref": "ServiceKeyReader"}]
    assert [policy["PolicyName"] for policy in role["Policies"]] == ["write-own-log", "start-rooms"]


def test_who_invokes_itself_may_invoke_no_other(tmp_path: Path) -> None:
    _, resources = made(tmp_path, "invoke_itself")
    (_, policy) = resources["GreetUserRole"]["Properties"]["Policies"]

    assert policy["PolicyDocument"]["Statement"][0]["Resource"]["Fn::Sub"].endswith("-greet_user")


def test_a_schedule_may_start_its_function_and_no_other(tmp_path: Path) -> None:
    function, resources = made(tmp_path, "")
    route, schedule = function["events"]

    assert route == {"httpApi": "GET /v1/greeting"}
    assert schedule["schedule"]["roleArn"] == {"Fn::GetAtt": ["GreetUserScheduleRole", "Arn"]}
    (policy,) = resources["GreetUserScheduleRole"]["Properties"]["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Resource"] == {"Fn::GetAtt": ["GreetUnderscoreuserLambdaFunction", "Arn"]}


def test_a_need_that_there_is_not_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnfitTableError, match="greet_user needs moonlight"):
        made(tmp_path, "service_key, moonlight")


def test_every_need_is_needed_by_a_function() -> None:
    assert {need for entry in functions(ROOT).values() for need in entry.get("needs", [])} == needs().keys()
