"""Effects outside of the database: begun once, recorded once, and never repeated blindly."""

from typing import Any

import pytest

from tests.support.database.actors import Connection, add_user
from tests.support.database.proposals import Inbox
from tests.support.database.turns import Refusal

UNKNOWN = "The outcome is unknown: the request may or may not have arrived. It will not be sent again."


@pytest.fixture
def inbox(connection: Connection) -> Inbox:
    return Inbox(connection, add_user(connection))


def dispatch(inbox: Inbox, action: str) -> Any:
    return inbox.approve(action, p_external=True, p_undo_seconds=None)


def end_overdue(inbox: Inbox) -> tuple[int, int]:
    ended = inbox.call("end_overdue_actions")
    return ended["actions_expired"], ended["actions_lost"]


@pytest.fixture
def sent(inbox: Inbox) -> str:
    """A webhook whose request is on its way."""
    action = inbox.propose("webhook")
    assert dispatch(inbox, action)["outcome"] == "dispatch"
    return action


def test_an_effect_outside_is_begun_by_one_approval_alone(inbox: Inbox, sent: str) -> None:
    again = dispatch(inbox, sent)

    assert (again["outcome"], again["action"]["status"], again["events"]) == ("repeated", "approved", [])
    assert inbox.reject(sent)["outcome"] == "decided"
    assert inbox.undo(sent) == Refusal("PT409", "not_undoable")


@pytest.mark.parametrize(
    ("result", "error", "status"), [({"status": 200}, None, "executed"), (None, "It was refused.", "failed")]
)
def test_what_became_of_it_is_recorded_once(inbox: Inbox, sent: str, result: Any, error: Any, status: str) -> None:
    first = inbox.finish_effect(sent, result, error)
    again = inbox.finish_effect(sent, {"status": 500}, None if error else "It was refused.")

    shown = first["action"]
    assert (first["outcome"], shown["status"], shown["result"], shown["error_message"]) == (
        status,
        status,
        result,
        error,
    )
    assert (again["outcome"], again["events"], again["action"]) == ("repeated", [], shown)
    assert dispatch(inbox, sent)["action"] == shown
    assert inbox.told(f"user:{inbox.user}") == ["action.pending", "action.decided", f"action.{status}"]
    assert inbox.undo(sent) == Refusal("PT409", "not_undoable")


@pytest.mark.parametrize("kind", ["webhook", "log_workout"])
def test_nothing_is_recorded_of_what_was_not_begun(inbox: Inbox, kind: str) -> None:
    action = inbox.propose(kind)

    assert inbox.finish_effect(action, {"status": 200})["action"]["status"] == "pending"
    assert inbox.told(f"user:{inbox.user}") == ["action.pending"]


def test_a_worker_that_died_leaves_an_unknown_outcome_and_no_second_request(inbox: Inbox, sent: str) -> None:
    inbox.connection.execute("update ai_action_requests set dispatched_at = now() - interval '5 minutes'")
    assert end_overdue(inbox) == (0, 1)
    assert end_overdue(inbox) == (0, 0)

    told = dispatch(inbox, sent)
    assert (told["outcome"], told["action"]["status"], told["action"]["error_message"]) == (
        "repeated",
        "failed",
        UNKNOWN,
    )
    assert inbox.finish_effect(sent, {"status": 200})["action"] == told["action"]
    assert inbox.told(f"user:{inbox.user}") == ["action.pending", "action.decided", "action.failed"]


def test_a_worker_that_may_live_is_waited_for(inbox: Inbox, sent: str) -> None:
    inbox.connection.execute("update ai_action_requests set dispatched_at = now() - interval '4 minutes 59 seconds'")
    inbox.let_pass("expires_at", inbox.propose("webhook"))  # so that the user is looked at

    assert end_overdue(inbox) == (1, 0)
    assert inbox.finish_effect(sent, {"status": 200})["outcome"] == "executed"


def test_proposals_whose_time_is_over_are_ended_and_others_kept(inbox: Inbox) -> None:
    other = Inbox(inbox.connection, add_user(inbox.connection))
    over, over_too, open_, decided = inbox.propose("webhook"), other.propose("webhook"), inbox.propose("open_room"), ""
    decided = inbox.done("log_workout")
    for action in (over, over_too, decided):
        inbox.let_pass("expires_at", action)

    assert [end_overdue(inbox), end_overdue(inbox)] == [(2, 0), (0, 0)]
    states = dict(inbox.rows("select id::text, coalesce(decision, 'none') from ai_action_requests"))
    assert states == {over: "expired", over_too: "expired", open_: "none", decided: "approved"}
    assert other.told(f"user:{other.user}") == ["action.pending", "action.expired"]
