"""A decision is taken once, and stands."""

from collections.abc import Callable
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.support.database.actors import Connection, add_user
from tests.support.database.proposals import PAYLOADS, PLAN, WORKOUT, Inbox
from tests.support.database.turns import Refusal

Act = Callable[[Inbox, str], Any]
EDITED = WORKOUT | {"minutes": 25}


@pytest.fixture
def inbox(connection: Connection) -> Inbox:
    """Of a user with a profile."""
    inbox = Inbox(connection, add_user(connection))
    inbox.own_write("insert into ai_profile (user_id, goals) values (%s, '{squat}')", inbox.user)
    return inbox


def workouts(inbox: Inbox) -> list[Any]:
    return [row[0] for row in inbox.rows("select content from workout_logs")]


def test_the_same_approval_again_gets_the_first_result(inbox: Inbox) -> None:
    action = inbox.propose("log_workout")
    first = inbox.approve(action)
    again = inbox.approve(action)

    assert (again["outcome"], again["events"]) == ("repeated", [])
    assert again["action"] == first["action"]
    assert first["action"]["proposed_payload"] is None  # as proposed
    assert workouts(inbox) == [WORKOUT]


def test_an_edit_replaces_the_payload_and_keeps_what_was_proposed(inbox: Inbox) -> None:
    action = inbox.propose("log_workout")
    told = inbox.approve(action, EDITED)

    assert told["outcome"] == "executed"
    assert (told["action"]["payload"], told["action"]["proposed_payload"]) == (EDITED, WORKOUT)
    assert inbox.rows("select private.document_hash(%s)", Jsonb(EDITED)) == [(told["action"]["payload_hash"],)]
    assert workouts(inbox) == [EDITED]


@pytest.mark.parametrize("edited", [None, EDITED, WORKOUT])
@pytest.mark.parametrize("again", [None, EDITED, WORKOUT, WORKOUT | {"minutes": 90}])
def test_an_approval_of_something_else_is_another_decision(inbox: Inbox, edited: Any, again: Any) -> None:
    action = inbox.propose("log_workout")
    inbox.approve(action, edited)

    same = (edited or WORKOUT) == (again or WORKOUT)
    assert inbox.approve(action, again)["outcome"] == ("repeated" if same else "decided")
    assert workouts(inbox) == [edited or WORKOUT]


def test_an_edit_may_change_what_the_proposal_did_not_name(inbox: Inbox) -> None:
    action = inbox.propose("update_profile", {"injuries": "left knee"})
    told = inbox.approve(action, {"goals": ["swim"]})
    inbox.undo(action)

    assert told["action"]["result"] == {"goals": ["swim"]}
    assert inbox.rows("select goals, injuries from ai_profile") == [(["squat"], None)]


def test_a_rejection_keeps_its_reason_and_is_final(inbox: Inbox) -> None:
    session = inbox.open_session()
    action = inbox.propose("log_workout", session=session)
    first = inbox.reject(action, "I was ill")

    assert first["outcome"] == "rejected"
    assert (first["action"]["status"], first["action"]["decision_reason"]) == ("rejected", "I was ill")
    assert inbox.reject(action, "Another reason")["action"] == first["action"]
    assert [inbox.reject(action)["outcome"], inbox.approve(action)["outcome"]] == ["repeated", "decided"]
    assert workouts(inbox) == []
    assert inbox.told(f"session:{session}") == ["action.pending", "action.decided"] == inbox.told(f"user:{inbox.user}")


def test_what_was_approved_is_not_rejected(inbox: Inbox) -> None:
    action = inbox.done("log_workout")

    assert inbox.reject(action)["outcome"] == "decided"
    assert inbox.look(action)["action"]["status"] == "executed"


@pytest.mark.parametrize("decide", [Inbox.approve, Inbox.reject])
def test_a_decision_that_comes_too_late_ends_the_proposal(inbox: Inbox, decide: Act) -> None:
    session = inbox.open_session()
    action = inbox.propose("log_workout", session=session)
    inbox.let_pass("expires_at", action)
    told = decide(inbox, action)

    assert (told["outcome"], told["action"]["status"], told["action"]["decision"]) == ("expired", "rejected", "expired")
    assert [inbox.approve(action)["outcome"], inbox.reject(action)["outcome"]] == ["expired"] * 2
    assert inbox.told(f"session:{session}") == ["action.pending", "action.expired"] == inbox.told(f"user:{inbox.user}")
    assert workouts(inbox) == []


REFUSED = {
    "create_workout_plan": {"plan": PLAN | {"name": "x" * 100_000}, "active_plan": {"name": "x"}},
    "log_workout": {"workout": WORKOUT | {"performed_on": "the day before"}},
    "open_room": {"room": {"task_prompt": ""}},
    "update_profile": {"goals": ["squat"], "injuries": "x" * 2001},
}


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_an_effect_that_a_rule_forbids_fails_and_changes_nothing(inbox: Inbox, kind: str) -> None:
    inbox.done("create_workout_plan", PAYLOADS["create_workout_plan"] | {"name": "Old"})
    session = inbox.open_session()
    action = inbox.propose(kind, session=session)
    told = inbox.approve(action, p_after=Jsonb(REFUSED[kind]))

    assert (told["outcome"], told["action"]["status"], told["action"]["decision"]) == ("failed", "failed", "approved")
    assert told["action"]["error_message"] == "This could not be stored. Nothing was changed."
    assert inbox.rows("select content ->> 'name', is_active from workout_plans") == [("Old", True)]
    assert inbox.rows("select goals, injuries from ai_profile") == [(["squat"], None)]
    assert inbox.rows("select 1 from workout_logs union all select 1 from rooms") == []
    assert inbox.told(f"session:{session}") == ["action.pending", "action.decided", "action.failed"]
    assert inbox.approve(action)["action"] == told["action"]
    assert inbox.undo(action) == Refusal("PT409", "not_undoable")


def test_a_stranger_meets_nothing(inbox: Inbox, connection: Connection) -> None:
    done, pending = inbox.done("log_workout"), inbox.propose("log_workout")
    stranger = Inbox(connection, add_user(connection))
    before = inbox.rows("select * from ai_action_requests order by id")
    acts: list[Act] = [Inbox.approve, Inbox.reject, Inbox.undo, Inbox.finish_effect, Inbox.refresh]

    for action in (pending, done, str(stranger.user)):
        assert stranger.look(action) is None
        assert [act(stranger, action) for act in acts] == [Refusal("PT404", "action_not_found")] * 5
    assert inbox.rows("select * from ai_action_requests order by id") == before
    assert stranger.drafted("log_workout", id=done)["state"] == {"workout": None}
