"""What shared/actions/README.md says about adding a type is all there is to do."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest

from infra.local.offline_models.server import RunningModels
from shared import actions
from shared.actions.registry import TYPES
from tests.functions.test_proposals import asked_with, call, inbox
from tests.support.functions.invocations import User, request

Connection = psycopg.Connection[tuple[Any, ...]]
README = Path(actions.__file__).with_name("README.md").read_text(encoding="utf-8")
PLAN_NAME = "select content ->> 'name' from workout_plans where user_id = %s"


def block(language: str) -> str:
    (code,) = re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    return str(code)


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch, database: Connection) -> Iterator[None]:
    """The module and the function of the README."""
    module = ModuleType("rename_plan")
    exec(compile(block("python"), "README.md", "exec"), module.__dict__)  # noqa: S102 - it is our own
    monkeypatch.setitem(TYPES, module.TYPE.name, module.TYPE)
    database.execute(block("sql").encode())
    yield
    database.execute("drop function private.action_rename_plan")


@pytest.mark.usefixtures("added")
def test_a_type_is_one_module_and_one_function(
    user: User, session: str, models: RunningModels, database: Connection
) -> None:
    database.execute('insert into workout_plans (user_id, content) values (%s, \'{"name": "Old"}\')', (user.id,))
    asked_with(models, user, session, {"tool_calls": [call("rename_plan", {"name": "New"})]})
    (action,) = inbox(user)
    assert action["preview"] == [{"path": "name", "before": "Old", "after": "New", "unit": None}]

    path = f"/v1/actions/{action['id']}"
    request("approve_action", "POST", f"{path}/approve", user.token, {"version": 1})
    assert database.execute(PLAN_NAME, (user.id,)).fetchone() == ("New",)
    request("undo_action", "POST", f"{path}/undo", user.token)
    assert database.execute(PLAN_NAME, (user.id,)).fetchone() == ("Old",)
