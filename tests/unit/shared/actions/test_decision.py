"""What an approval leads to, by what the database says of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel

from shared.actions import decision
from shared.actions.action import Action, Approval, Rejection
from shared.actions.action_type import ActionType, EffectError, InapplicableError
from shared.actions.registry import TYPES
from shared.auth.principal import Principal
from shared.database.client import Database
from shared.platform.deadline import Deadline
from shared.platform.errors import ConflictError, DomainError, GoneError, InvalidRequestError
from shared.safety.findings import Finding
from tests.support.scripted_database import ScriptedDatabase

USER = Principal(UUID(int=1), "token")
ID = UUID(int=2)
NOBODY: dict[str, list[Any]] = {"events": [], "listeners": []}


class Title(BaseModel):
    title: str


RENAME = ActionType(
    name="rename",
    description="",
    payload=Title,
    after=lambda payload, _before, _id: {"title": payload.title},
    findings=lambda payload, _after, _situation: [Finding("rude", "Not so.", "us")] if payload.title == "bad" else [],
)


def action(**columns: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    empty = dict.fromkeys(Action.model_fields)
    shown = {"id": ID, "session_id": UUID(int=3), "action_type": "rename", "status": "pending", "version": 1}
    proposed = {"payload": {"title": "New"}, "payload_hash": "", "preview": [], "target_version": "", "origin": {}}
    return empty | shown | proposed | {"expires_at": now + timedelta(days=1), "created_at": now} | columns


def review(**columns: Any) -> dict[str, Any]:
    athlete: dict[str, Any] = {"profile": None, "plan": None, "workouts": []}
    return {"action": action(**columns), "state": {"title": "Old"}, "seen": "s", "athlete": athlete, "words": []}


def outcome(name: str, **columns: Any) -> dict[str, Any]:
    return {"outcome": name, "action": action(**columns), **NOBODY}


EXECUTED = outcome("executed", status="executed", decision="approved")
DISPATCHED = outcome("dispatch", status="approved", decision="approved")
REPEATED = outcome("repeated", status="approved", decision="approved")


@pytest.fixture(autouse=True)
def rename(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TYPES, "rename", RENAME)
    monkeypatch.setattr(decision, "POLL_INTERVAL", 0)


def approve(
    database: Database,
    follow_ups: decision.FollowUps | None = None,
    edited: dict[str, Any] | None = None,
    seconds: float = 30,
) -> Action:
    approval = Approval(version=1, edited_payload=edited)
    return decision.approve(database, USER, ID, approval, Deadline.after(seconds), follow_ups or {})


def test_what_was_checked_is_what_is_approved() -> None:
    database = ScriptedDatabase(action_for_decision=[review()], approve_action=[EXECUTED])
    assert approve(database).status == "executed"

    (given,) = database.arguments("approve_action")
    assert (given["p_seen"], given["p_after"], given["p_payload"]) == ("s", {"title": "New"}, None)
    assert given["p_preview"] == [{"path": "title", "before": "Old", "after": "New", "unit": None}]
    assert (given["p_undo_seconds"], given["p_external"]) == (7 * 24 * 3600, False)


def test_an_edited_payload_is_what_is_looked_at() -> None:
    database = ScriptedDatabase(action_for_decision=[review()], approve_action=[EXECUTED])
    approve(database, edited={"title": "Newer"})

    assert database.arguments("action_for_decision")[-1]["p_payload"] == {"title": "Newer"}
    (given,) = database.arguments("approve_action")
    assert (given["p_payload"], given["p_after"]) == ({"title": "Newer"}, {"title": "Newer"})


def test_what_moved_while_it_was_checked_is_checked_anew() -> None:
    moved = outcome("moved")
    database = ScriptedDatabase(
        action_for_decision=[review() | {"seen": "first"}, review() | {"seen": "second"}],
        approve_action=[moved, EXECUTED],
    )
    assert approve(database).status == "executed"
    assert [given["p_seen"] for given in database.arguments("approve_action")] == ["first", "second"]


def test_what_never_stands_still_is_left_to_another_attempt() -> None:
    database = ScriptedDatabase(action_for_decision=[review()], approve_action=[outcome("moved")])
    with pytest.raises(ConflictError) as refusal:
        approve(database)
    assert refusal.value.reason == "busy"
    assert len(database.arguments("approve_action")) == decision.MAX_ATTEMPTS


@pytest.mark.parametrize(
    ("edited", "code"), [({"title": "bad"}, "unsafe_action"), ({"name": "New"}, "invalid_payload")]
)
def test_an_edit_that_is_unsafe_or_invalid_reaches_no_approval(edited: dict[str, Any], code: str) -> None:
    database = ScriptedDatabase(action_for_decision=[review()])
    with pytest.raises(InvalidRequestError) as refusal:
        approve(database, edited=edited)
    assert refusal.value.reason == code


def test_what_makes_no_sense_any_more_is_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object) -> dict[str, Any]:
        raise InapplicableError("There is nothing to rename.")

    monkeypatch.setitem(TYPES, "rename", replace(RENAME, after=nothing))
    with pytest.raises(ConflictError, match="nothing to rename") as refusal:
        approve(ScriptedDatabase(action_for_decision=[review()]))
    assert (refusal.value.reason, refusal.value.extra["action"]["id"]) == ("stale_proposal", str(ID))


def test_a_stale_proposal_is_given_a_fresh_preview() -> None:
    database = ScriptedDatabase(
        action_for_decision=[review(), review() | {"state": {"title": "Changed"}}],
        approve_action=[outcome("stale")],
        refresh_proposal=[outcome("stale", version=2)],
    )
    with pytest.raises(ConflictError) as refusal:
        approve(database)

    assert (refusal.value.reason, refusal.value.extra["action"]["version"]) == ("stale_proposal", 2)
    (given,) = database.arguments("refresh_proposal")
    assert given["p_state"] == {"title": "Changed"}
    assert given["p_preview"] == [{"path": "title", "before": "Changed", "after": "New", "unit": None}]


def test_what_is_decided_is_not_checked_again() -> None:
    done = outcome("repeated", status="executed", decision="approved")
    database = ScriptedDatabase(action_for_decision=[review(status="executed")], approve_action=[done])
    assert approve(database).status == "executed"
    assert database.arguments("approve_action")[0]["p_seen"] is None


@pytest.mark.parametrize(
    ("name", "error", "code"),
    [("expired", GoneError, "action_expired"), ("decided", ConflictError, "action_decided")],
)
def test_an_earlier_decision_stands(name: str, error: type[DomainError], code: str) -> None:
    overdue = review(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    database = ScriptedDatabase(
        action_for_decision=[overdue], approve_action=[outcome(name)], reject_action=[outcome(name)]
    )
    with pytest.raises(error) as approved:
        approve(database)
    with pytest.raises(error) as rejected:
        decision.reject(database, USER, ID, Rejection(reason=None))
    assert approved.value.reason == rejected.value.reason == code


@pytest.mark.parametrize(
    ("decided", "started"),
    [
        (EXECUTED, [ID]),
        (outcome("repeated", status="executed", decision="approved"), [ID]),
        (outcome("repeated", status="executed", undone_at=datetime.now(UTC)), []),
        (outcome("failed", status="failed"), []),
    ],
    ids=["executed", "repeated", "undone", "failed"],
)
def test_what_an_effect_sets_going_is_set_going_while_it_is_there(decided: dict[str, Any], started: list[UUID]) -> None:
    begun: list[UUID] = []

    def follow_up(_database: Database, _user: Principal, action_id: UUID) -> dict[str, Any]:
        begun.append(action_id)
        return {"is": "now"}

    database = ScriptedDatabase(action_for_decision=[review()], approve_action=[decided])
    result = approve(database, {"rename": follow_up}).result
    assert (begun, result) == (started, {"is": "now"} if started else None)


def failing(_payload: Title, _user_id: UUID, _action_id: UUID) -> dict[str, Any]:
    raise EffectError("The receiver did not accept it.")


@pytest.mark.parametrize(
    ("carry_out", "recorded"),
    [
        (lambda payload, _user_id, _action_id: {"sent": payload.title}, ({"sent": "New"}, None)),
        (failing, (None, "The receiver did not accept it.")),
    ],
    ids=["made", "failed"],
)
def test_an_effect_outside_is_recorded_as_it_went(
    monkeypatch: pytest.MonkeyPatch, carry_out: Any, recorded: tuple[Any, str | None]
) -> None:
    monkeypatch.setitem(TYPES, "rename", replace(RENAME, carry_out=carry_out))
    database = ScriptedDatabase(
        action_for_decision=[review()], approve_action=[DISPATCHED], finish_action=[outcome("executed")]
    )
    approve(database)

    assert database.arguments("approve_action")[0]["p_external"] is True
    (given,) = database.arguments("finish_action")
    assert (given["p_result"], given["p_error_message"]) == recorded


def test_the_second_of_two_approvals_waits_for_the_effect_of_the_first() -> None:
    looks = [review(), review(status="approved"), review(status="executed")]
    database = ScriptedDatabase(action_for_decision=looks, approve_action=[REPEATED])
    assert approve(database).status == "executed"
    assert len(database.arguments("action_for_decision")) == len(["checked", "not yet", "made"])


def test_it_waits_no_longer_than_its_time_allows() -> None:
    database = ScriptedDatabase(action_for_decision=[review(status="approved")], approve_action=[REPEATED])
    assert approve(database, seconds=decision.RESERVED_SECONDS).status == "approved"
