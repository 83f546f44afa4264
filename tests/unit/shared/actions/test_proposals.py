"""What becomes of a model's tool call, and what the model is told of it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel

from shared.actions.action import Change
from shared.actions.action_type import ActionType, InapplicableError, State
from shared.actions.proposals import MAX_PROPOSALS, Proposals
from shared.actions.registry import TYPES
from shared.llm.answer import ToolCall
from shared.safety.findings import Finding
from shared.safety.situation import Situation
from tests.support.coach import proposal
from tests.support.scripted_database import ScriptedDatabase

PASSAGES = [
    {"chunk_id": 1, "title": "Names", "content": "A good name is\n Steady Progress, we think."},
    {"chunk_id": 2, "title": "Rest", "content": "Sleep well."},
]


class Title(BaseModel):
    title: str


def after(payload: Title, before: State | None, _action_id: UUID) -> State:
    if before is None:
        raise InapplicableError("There is nothing to rename.")
    return {"title": payload.title}


def findings(_payload: Title, after: State, _situation: Situation) -> list[Finding]:
    return [Finding("rude", "Say it kindly.", "us")] if after["title"] == "bad" else []


@pytest.fixture(autouse=True)
def rename(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TYPES, "rename", ActionType("rename", "", Title, after, findings))
    gone = ActionType("gone", "", Title, after, findings, offered=lambda: False)
    monkeypatch.setitem(TYPES, "gone", gone)


def proposals(state: Any = None) -> Proposals:
    database = ScriptedDatabase(
        action_target=[{"state": {"title": "Old"} if state is None else state, "pending": None}]
    )
    return Proposals(database, UUID(int=1), Situation({}), {"model": "m", "passages": PASSAGES})


def call(name: str = "rename", **arguments: Any) -> ToolCall:
    return ToolCall("call_1", name, json.dumps(arguments))


def test_a_valid_call_is_kept_with_its_state_and_preview_and_the_model_is_told_so() -> None:
    made = proposals()
    result = made.propose(call(title="New"))

    (kept,) = made.proposed
    assert (kept.action_type, kept.tool_call_id) == ("rename", "call_1")
    assert (kept.payload, kept.state, kept.seconds_to_live) == ({"title": "New"}, {"title": "Old"}, 7 * 24 * 3600)
    preview = [{"path": "title", "before": "Old", "after": "New", "unit": None}]
    assert (result["status"], result["action_type"], result["preview"]) == ("proposed", "rename", preview)
    assert kept.model_dump(mode="json")["preview"] == preview


def test_what_else_is_to_be_known_of_a_type_stands_behind_what_would_change() -> None:
    costs = Change(path="estimate.dollars", before=None, after="0.01 - 0.3", unit="US dollars")
    made = replace(proposals(), outlooks={"rename": lambda _database: [costs], "gone": lambda _database: []})
    result = made.propose(call(title="New"))

    assert [change["path"] for change in result["preview"]] == ["title", "estimate.dollars"]
    assert made.proposed[0].preview[-1] == costs
    assert [change["path"] for change in proposals().propose(call(title="New"))["preview"]] == ["title"]


@pytest.mark.parametrize("arguments", ["[" * 100_000, '{"title": ', "", '{"title": "\\ud800"}'])
def test_what_is_no_json_is_answered_as_such(arguments: str) -> None:
    assert proposals().propose(ToolCall("call_1", "rename", arguments))["status"] == "invalid"


def test_what_is_proposed_carries_no_link_or_picture_into_an_app() -> None:
    made = proposals()
    made.propose(call(title="New ![x](https://evil.example/?q=knee) [plan](https://evil.example)"))

    (kept,) = made.proposed
    assert kept.payload == {"title": "New x plan"}


def test_passages_are_kept_without_their_text_and_those_quoted_are_named() -> None:
    made = proposals()
    made.propose(call(title="steady progress"))

    assert made.proposed[0].origin == {
        "model": "m",
        "passages": [
            {"chunk_id": 1, "title": "Names", "quoted": True},
            {"chunk_id": 2, "title": "Rest", "quoted": False},
        ],
    }


@pytest.mark.parametrize(
    ("refused", "status", "reason"),
    [
        (call("fly", title="New"), "invalid", "There is no such tool."),
        (call("gone", title="New"), "invalid", "There is no such tool."),
        (ToolCall("call_1", "rename", '{"title": "N'), "invalid", "Invalid JSON"),
        (call(title=None), "invalid", "title: Input should be a valid string"),
        (call(title="bad"), "unsafe", "Say it kindly."),
        (call(title="Old"), "refused", "Nothing would change."),
    ],
)
def test_any_other_call_is_answered_with_what_is_wrong(refused: ToolCall, status: str, reason: str) -> None:
    made = proposals()
    result = made.propose(refused)

    assert result["status"] == status
    assert result["reasons"][0].startswith(reason)
    assert not made.proposed


def test_what_there_is_nothing_for_is_refused_in_words_for_the_model() -> None:
    database = ScriptedDatabase(action_target=[{"state": None, "pending": None}])
    made = Proposals(database, UUID(int=1), Situation({}), {})
    assert made.propose(call(title="New")) == {"status": "refused", "reasons": ["There is nothing to rename."]}


def test_the_same_is_not_proposed_twice_and_no_more_than_a_few() -> None:
    made = proposals()
    results = [made.propose(call(title=title)) for title in ("A", "A", "B", "C", "D")]

    assert [result["status"] for result in results] == [
        "proposed",
        "already proposed",
        "proposed",
        "proposed",
        "refused",
    ]
    assert results[1]["id"] == str(made.proposed[0].id)
    assert len(made.proposed) == MAX_PROPOSALS


def test_what_waits_for_the_user_in_another_session_is_not_proposed_again() -> None:
    waiting = str(UUID(int=9))
    database = ScriptedDatabase(action_target=[{"state": {"title": "Old"}, "pending": waiting}])
    made = Proposals(database, UUID(int=1), Situation({}), {})
    result = made.propose(call(title="New"))
    assert (result["status"], result["id"], made.proposed) == ("already proposed", waiting, [])


TOMORROW = datetime.now(UTC) + timedelta(days=1)


@pytest.mark.parametrize(
    ("earlier", "status"),
    [
        ({"status": "pending"}, "already proposed"),
        ({"status": "rejected"}, "proposed"),
        ({"status": "pending", "payload": {"title": "Old"}}, "proposed"),
        ({"status": "pending", "action_type": "update_profile"}, "proposed"),
        ({"status": "pending", "expires_at": datetime.now(UTC) - timedelta(seconds=1)}, "proposed"),
    ],
)
def test_what_waits_for_the_user_already_is_not_proposed_again(earlier: dict[str, Any], status: str) -> None:
    known = proposal(**{"action_type": "rename", "payload": {"title": "New"}, "expires_at": TOMORROW} | earlier)
    made = proposals()
    made.earlier = [known]
    result = made.propose(call(title="New"))
    assert result["status"] == status
    assert result.get("id") == (str(known.id) if status == "already proposed" else None)
