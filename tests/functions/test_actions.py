"""Proposals listed, decided and taken back."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.support.functions.invocations import Answer, User, request
from tests.support.functions.proposals import PAYLOADS, SQUAT, let_pass, propose
from tests.support.functions.rooms_cloud import rooms_cloud
from tests.support.stub_server import StubServer

Connection = psycopg.Connection[tuple[Any, ...]]
ADD_USER = Callable[[], User]


def listed(user: User, **query: Any) -> Answer:
    return request("list_actions", "GET", "/v1/actions", user.token, None, query)


def approve(user: User, action: str, **body: Any) -> Answer:
    return request("approve_action", "POST", f"/v1/actions/{action}/approve", user.token, {"version": 1} | body)


def reject(user: User, action: str, **body: Any) -> Answer:
    return request("reject_action", "POST", f"/v1/actions/{action}/reject", user.token, body)


def undo(user: User, action: str) -> Answer:
    return request("undo_action", "POST", f"/v1/actions/{action}/undo", user.token)


def goals(user: User) -> Any:
    return request("get_profile", "GET", "/v1/profile", user.token).body["goals"]


def set_goals(user: User, *wanted: str) -> None:
    assert request("update_profile", "PATCH", "/v1/profile", user.token, {"goals": list(wanted)}).status == 200


def ids(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [item["id"] for item in answer.body["items"]]


def refused(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body["code"]


@pytest.fixture
def action(user: User, database: Connection) -> str:
    """A proposal to change goals and equipment."""
    return propose(database, user, "update_profile")


def workout(minutes: int) -> dict[str, Any]:
    return PAYLOADS["log_workout"] | {"minutes": minutes}


def test_what_expires_first_is_listed_first_over_all_sessions(user: User, database: Connection) -> None:
    third, first, second = (propose(database, user, "log_workout", workout(minutes)) for minutes in (30, 40, 50))
    for days, one in ((1, first), (2, second), (3, third)):
        database.execute(
            "update ai_action_requests set expires_at = now() + make_interval(days => %s) where id = %s", (days, one)
        )

    assert ids(listed(user)) == [first, second, third]


def test_pages_meet_without_a_gap_even_where_all_expire_at_once(user: User, database: Connection) -> None:
    proposed = {propose(database, user, "log_workout", workout(minutes)) for minutes in range(30, 35)}
    database.execute(
        "update ai_action_requests set expires_at = now() + interval '1 day' where user_id = %s", (user.id,)
    )
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    for expected in (2, 2, 1):
        page = listed(user, **query)
        assert len(ids(page)) == expected
        seen += ids(page)
        query["cursor"] = page.body["next_cursor"]

    assert query["cursor"] is None
    assert len(seen) == len(set(seen))
    assert set(seen) == proposed


def test_the_list_can_be_narrowed_to_a_status(user: User, database: Connection) -> None:
    pending, rejected = (propose(database, user, "log_workout", workout(minutes)) for minutes in (30, 40))
    reject(user, rejected)

    assert ids(listed(user, status="pending")) == [pending]
    assert ids(listed(user, status="rejected")) == [rejected]
    assert ids(listed(user, status="failed")) == []
    assert set(ids(listed(user))) == {pending, rejected}
    assert listed(user, status="waiting").status == 422


def test_a_proposal_says_what_would_change_where_it_comes_from_and_until_when(user: User, action: str) -> None:
    (shown,) = listed(user).body["items"]

    assert (shown["id"], shown["status"], shown["action_type"]) == (action, "pending", "update_profile")
    assert shown["preview"] == [
        {"path": "goals", "before": [], "after": ["run 5k"], "unit": None},
        {"path": "equipment", "before": [], "after": ["barbell"], "unit": None},
    ]
    assert (shown["tool_call_id"], shown["origin"]["model"], shown["version"]) == ("call_1", "m", 1)
    assert shown["expires_at"] > shown["created_at"]
    assert goals(user) == []


def test_the_actions_of_others_are_neither_listed_nor_there(user: User, action: str, add_user: ADD_USER) -> None:
    stranger = add_user()
    assert ids(listed(stranger)) == []
    for decide in (approve, reject, undo):
        theirs, missing = decide(stranger, action), decide(stranger, str(uuid4()))
        assert refused(theirs) == (404, "action_not_found")
        assert theirs.body == missing.body

    assert [item["status"] for item in listed(user).body["items"]] == ["pending"]


def test_an_approved_action_is_carried_out_once_and_said_so_again(user: User, action: str) -> None:
    first = approve(user, action)
    set_goals(user, "my own")

    assert (first.status, first.body["status"], first.body["decision"]) == (200, "executed", "approved")
    assert first.body["result"] == {"goals": ["run 5k"], "equipment": ["barbell"]}
    again = approve(user, action)
    assert (again.status, again.body) == (200, first.body)
    assert goals(user) == ["my own"]


def test_the_list_and_a_decision_show_an_action_alike(user: User, action: str) -> None:
    approved = approve(user, action)

    assert listed(user).body["items"] == [approved.body]


def test_an_edited_payload_replaces_the_proposed_one_and_both_are_kept(user: User, action: str) -> None:
    answer = approve(user, action, edited_payload={"goals": ["run 10k"]})

    assert (answer.status, answer.body["payload"]) == (200, {"goals": ["run 10k"]})
    assert answer.body["proposed_payload"] == {"goals": ["run 5k"], "equipment": ["barbell"]}
    assert goals(user) == ["run 10k"]
    assert refused(approve(user, action)) == (409, "action_decided")


@pytest.mark.parametrize("edited", [{}, {"goals": "run"}, {"goals": ["run"], "is_admin": True}, {"goals": ["x" * 151]}])
def test_an_edited_payload_is_checked_like_a_proposed_one(user: User, action: str, edited: dict[str, Any]) -> None:
    answer = approve(user, action, edited_payload=edited)

    assert refused(answer) == (422, "invalid_payload")
    assert all(error["field"].startswith("edited_payload") for error in answer.body["errors"])
    assert listed(user).body["items"][0]["status"] == "pending"


def test_an_edit_that_is_not_safe_is_refused_with_the_rules_that_it_breaks(user: User, database: Connection) -> None:
    action = propose(database, user, "log_workout")
    absurd = {"performed_on": "2026-11-20", "minutes": 40, "exercises": [SQUAT | {"load_kg": 900}], "notes": None}
    answer = approve(user, action, edited_payload=absurd)

    assert refused(answer) == (422, "unsafe_action")
    assert answer.body["findings"][0].keys() == {"rule", "message", "source"}
    assert listed(user).body["items"][0]["status"] == "pending"


@pytest.mark.parametrize(
    "body", [{}, {"version": 0}, {"version": "x"}, {"version": 1, "edited_payload": []}, {"version": 1, "x": 1}]
)
def test_an_approval_of_another_form_is_refused(user: User, action: str, body: dict[str, Any]) -> None:
    answer = request("approve_action", "POST", f"/v1/actions/{action}/approve", user.token, body)

    assert refused(answer) == (422, "invalid_request")


def test_a_rejected_action_stays_rejected(user: User, action: str) -> None:
    first = reject(user, action, reason=" Not this week ")

    assert (first.status, first.body["status"], first.body["decision_reason"]) == (200, "rejected", "Not this week")
    assert reject(user, action).body == first.body
    answer = approve(user, action)
    assert refused(answer) == (409, "action_decided")
    assert answer.body["action"]["status"] == "rejected"
    assert goals(user) == []


def test_a_rejection_needs_no_reason_and_takes_nothing_else(user: User, action: str) -> None:
    assert reject(user, action, version=1).status == 422
    assert reject(user, action).body["decision_reason"] is None


def test_an_executed_action_is_not_rejected_any_more(user: User, action: str) -> None:
    approve(user, action)

    assert refused(reject(user, action)) == (409, "action_decided")


def test_an_undone_action_leaves_what_there_was_before(user: User, database: Connection) -> None:
    set_goals(user, "first pull-up")
    action = propose(database, user, "update_profile")
    approve(user, action)
    first = undo(user, action)

    assert (first.status, first.body["status"]) == (200, "executed")
    assert first.body["undone_at"] is not None
    assert goals(user) == ["first pull-up"]
    assert undo(user, action).body == first.body


def test_what_the_user_changed_since_is_not_undone(user: User, action: str) -> None:
    approve(user, action)
    set_goals(user, "my own")

    assert refused(undo(user, action)) == (409, "target_changed")
    assert goals(user) == ["my own"]


def test_undoing_has_an_end(user: User, action: str, database: Connection) -> None:
    assert refused(undo(user, action)) == (409, "not_undoable")
    approve(user, action)
    let_pass(database, "undo_until", action)

    assert refused(undo(user, action)) == (410, "undo_expired")
    assert goals(user) == ["run 5k"]


@pytest.mark.parametrize("decide", [approve, reject])
def test_an_expired_proposal_is_gone(
    user: User, action: str, database: Connection, decide: Callable[[User, str], Answer]
) -> None:
    let_pass(database, "expires_at", action)

    assert refused(decide(user, action)) == (410, "action_expired")
    assert refused(decide(user, action)) == (410, "action_expired")
    assert [(item["status"], item["decision"]) for item in listed(user).body["items"]] == [("rejected", "expired")]
    assert goals(user) == []


def test_a_target_that_changed_is_shown_anew_before_it_is_changed(user: User, action: str) -> None:
    set_goals(user, "my own")
    stale = approve(user, action)

    assert refused(stale) == (409, "stale_proposal")
    fresh = stale.body["action"]
    assert (fresh["status"], fresh["version"]) == ("pending", 2)
    assert fresh["preview"][0] == {"path": "goals", "before": ["my own"], "after": ["run 5k"], "unit": None}
    assert goals(user) == ["my own"]
    assert refused(approve(user, action)) == (409, "stale_proposal")
    assert approve(user, action, version=2).body["status"] == "executed"


def test_a_version_that_never_was_is_not_approved(user: User, action: str) -> None:
    answer = approve(user, action, version=2)

    assert refused(answer) == (409, "stale_proposal")
    assert answer.body["action"]["version"] == 1
    assert goals(user) == []


def test_a_payload_changed_behind_our_back_is_not_carried_out(user: User, action: str, database: Connection) -> None:
    database.execute(
        "update ai_action_requests set payload = '{\"goals\": [\"somebody else''s\"]}' where id = %s", (action,)
    )

    assert refused(approve(user, action)) == (409, "payload_changed")
    assert goals(user) == []


def test_a_room_is_opened_and_started(
    user: User, database: Connection, parameters: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rooms_cloud(parameters, monkeypatch) as cloud:
        action = approve(user, propose(database, user, "open_room")).body

    assert action["result"]["room"]["task_prompt"] == "Compare three running plans."
    assert [request["name"] for request in cloud.said("StartExecution")] == [f"{action['id']}-1"]


def test_the_same_approval_again_starts_a_room_that_could_not_be_started(
    user: User, database: Connection, parameters: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rooms_cloud(parameters, monkeypatch) as cloud:
        cloud.fails.add("StartExecution")
        proposed = propose(database, user, "open_room")
        approve(user, proposed)
        cloud.fails.clear()
        again, third = (approve(user, proposed).body for _ in range(2))

    shown = again["result"]["room"]
    assert (again["status"], shown["status"], shown["run"]) == ("executed", "processing", 2)
    assert third["result"] == again["result"]
    assert [request["name"] for request in cloud.said("StartExecution")][1:] == [f"{again['id']}-2"]


def test_a_room_that_cannot_be_started_has_failed_and_gives_its_budget_back(
    user: User, database: Connection, parameters: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rooms_cloud(parameters, monkeypatch) as cloud:
        cloud.fails.add("StartExecution")
        action = approve(user, propose(database, user, "open_room")).body

    assert (action["status"], action["result"]["room"]["status"]) == ("executed", "failed")
    query = "select status, status_reason from rooms where id = %s"
    assert database.execute(query, (action["id"],)).fetchone() == ("failed", "workflow_unavailable")
    assert request("get_usage", "GET", "/v1/usage", user.token).body["tokens_reserved"] == 0
