"""A change that would break an app of the last release is found; one that would not is let through."""

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from infra.contract.released import WORKFLOW, broken, facts, may_break, workflow
from infra.openapi import DOCUMENT

CONTRACT: dict[str, Any] = json.loads(DOCUMENT.read_text())
SESSIONS = "/v1/chat/sessions"
MESSAGES = "/v1/chat/sessions/{session_id}/messages"
Change = Callable[[dict[str, Any]], object]


def after(change: Change) -> list[str]:
    """What is broken when the contract is changed."""
    changed = copy.deepcopy(CONTRACT)
    change(changed)
    return broken(facts(CONTRACT), facts(changed))


def schema(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


def demand(document: dict[str, Any], name: str, member: str) -> None:
    """Have a new member that must be there."""
    schema(document, name)["properties"][member] = {"type": "string"}
    schema(document, name).setdefault("required", []).append(member)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda all_: all_["paths"].pop("/v1/usage"), "gone: operation getUsage GET /v1/usage"),
        (
            lambda all_: all_["paths"][MESSAGES]["post"]["responses"].pop("202"),
            "gone: answer sendMessage 202 BegunTurn",
        ),
        (lambda all_: schema(all_, "Turn")["properties"].pop("status"), "gone: answered Turn.status string required"),
        (lambda all_: schema(all_, "Turn")["required"].remove("status"), "gone: answered Turn.status string required"),
        (
            lambda all_: schema(all_, "Turn")["properties"]["status"].update(type=["string", "null"]),
            "gone: answered Turn.status string required",
        ),
        (
            lambda all_: schema(all_, "ExerciseChange")["properties"]["operation"]["enum"].remove("add"),
            'gone: sent ExerciseChange.operation accepts "add"',
        ),
        (
            lambda all_: schema(all_, "NewMessage")["properties"].pop("replaces"),
            "gone: sent NewMessage.replaces null|string optional",
        ),
        (lambda all_: demand(all_, "NewMessage", "mood"), "asked for: sent NewMessage.mood string required"),
        (
            lambda all_: all_["paths"][MESSAGES]["post"]["parameters"][1].update(required=True),
            "gone: parameter sendMessage.idempotency-key header optional",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_breaks_an_app_is_found(change: Change, found: str) -> None:
    assert found in after(change)


@pytest.mark.parametrize(
    "change",
    [
        lambda _: None,
        lambda all_: demand(all_, "Turn", "mood"),
        lambda all_: schema(all_, "NewMessage")["properties"].update(mood={"type": "string"}),
        lambda all_: schema(all_, "NewMessage")["required"].remove("content"),
        lambda all_: schema(all_, "ExerciseChange")["properties"]["operation"]["enum"].append("swap"),
        lambda all_: schema(all_, "Turn").update(description="In other words."),
        lambda all_: all_["paths"].update({"/v1/new": {"get": {"operationId": "new", "responses": {}}}}),
    ],
    ids=["nothing", "answered more", "may be sent", "may be left out", "accepts more", "words", "a new operation"],
)
def test_what_breaks_no_app_is_let_through(change: Change) -> None:
    assert after(change) == []


@pytest.mark.parametrize(
    ("released", "version", "may"),
    [
        ("0.1.0", "0.1.1", False),
        ("0.1.0", "0.2.0", True),
        ("1.2.0", "1.3.0", False),
        ("1.2.0", "2.0.0", True),
        ("0.2.0", "0.2.0", False),
    ],
)
def test_which_version_may_break_apps(released: str, version: str, may: bool) -> None:
    assert may_break(released, version) is may


def steps(definition: str) -> set[str]:
    """The functions and integrations that a workflow names."""
    return set(re.findall(r"\$\{(\w+)\}", definition))


def test_rooms_that_run_during_a_deployment_find_every_step_of_theirs() -> None:
    assert steps(WORKFLOW.read_text()) <= steps(json.dumps(workflow()))
