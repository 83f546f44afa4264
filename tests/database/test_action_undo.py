"""Undo takes back what an action did, while nobody has changed it since."""

import pytest

from tests.support.database.actors import Connection, add_user
from tests.support.database.proposals import WORKOUT, Inbox
from tests.support.database.turns import Refusal

TARGET_CHANGED = Refusal("PT409", "target_changed")


@pytest.fixture
def inbox(connection: Connection) -> Inbox:
    inbox = Inbox(connection, add_user(connection))
    inbox.done("create_workout_plan")
    return inbox


LATER = {
    "update_profile": ("update ai_profile set injuries = 'right hip'", "select injuries from ai_profile"),
    "create_workout_plan": ("delete from workout_plans where is_active", "select is_active from workout_plans"),
    "change_workout_plan": ("delete from workout_plans where is_active", "select is_active from workout_plans"),
    "log_workout": ("delete from workout_logs", "select 1 from workout_logs"),
}


@pytest.mark.parametrize("kind", sorted(LATER))
def test_an_undo_never_overwrites_what_the_user_did_later(inbox: Inbox, kind: str) -> None:
    change, query = LATER[kind]
    action = inbox.done(kind)
    inbox.own_write(change)
    kept = inbox.rows(query)

    assert inbox.undo(action) == TARGET_CHANGED
    assert inbox.rows(query) == kept
    assert inbox.column("undone_at", action) is None


def test_an_undo_leaves_other_fields_that_the_user_changed_later(inbox: Inbox) -> None:
    action = inbox.done("update_profile", {"injuries": "left knee"})
    inbox.own_write("update ai_profile set goals = '{swim}'")

    assert inbox.undo(action)["outcome"] == "undone"
    assert inbox.rows("select goals, injuries from ai_profile") == [(["swim"], None)]


@pytest.mark.parametrize("status", ["active", "processing", "completed", "failed"])
def test_a_room_that_has_begun_stays(inbox: Inbox, status: str) -> None:
    action = inbox.done("open_room")
    inbox.connection.execute("update rooms set status = %s", (status,))

    assert inbox.undo(action) == TARGET_CHANGED
    assert inbox.rows("select status from rooms") == [(status,)]


def test_a_later_action_must_be_undone_first(inbox: Inbox) -> None:
    first = inbox.done("update_profile", {"injuries": "left knee"})
    second = inbox.done("update_profile", {"injuries": "both knees"})

    assert inbox.undo(first) == TARGET_CHANGED
    assert [inbox.undo(second)["outcome"], inbox.undo(first)["outcome"]] == ["undone"] * 2
    assert inbox.rows("select injuries from ai_profile") == [(None,)]


def test_an_undo_that_is_repeated_returns_the_first_result(inbox: Inbox) -> None:
    action = inbox.done("update_profile")
    first = inbox.undo(action)
    inbox.own_write("update ai_profile set injuries = 'right hip'")
    again = inbox.undo(action)

    assert (again["outcome"], again["events"], again["action"]) == ("repeated", [], first["action"])
    assert inbox.rows("select injuries from ai_profile") == [("right hip",)]


def test_an_undone_action_cannot_be_approved_again(inbox: Inbox) -> None:
    action = inbox.done("log_workout")
    undone = inbox.undo(action)

    told = inbox.approve(action)
    assert (told["outcome"], told["action"]) == ("repeated", undone["action"])
    assert inbox.rows("select 1 from workout_logs") == []


def test_an_undo_that_comes_too_late_changes_nothing(inbox: Inbox) -> None:
    action = inbox.done("log_workout")
    inbox.let_pass("undo_until", action)

    assert inbox.undo(action) == Refusal("PT410", "undo_expired")
    assert inbox.rows("select count(*) from workout_logs") == [(1,)]


def test_what_was_not_carried_out_or_has_no_time_to_undo_is_not_undoable(inbox: Inbox) -> None:
    pending, rejected, final = (inbox.propose("log_workout", WORKOUT | {"minutes": n}) for n in (40, 41, 42))
    inbox.reject(rejected)
    inbox.approve(final, p_undo_seconds=None)

    for action in (pending, rejected, final):
        assert inbox.undo(action) == Refusal("PT409", "not_undoable")


def test_an_undo_does_not_bring_back_a_plan_that_the_user_deleted(inbox: Inbox) -> None:
    action = inbox.done("create_workout_plan")
    inbox.own_write("delete from workout_plans where not is_active")

    assert inbox.undo(action)["outcome"] == "undone"
    assert inbox.rows("select 1 from workout_plans") == []


def test_an_undo_with_an_edit_takes_back_the_edit(inbox: Inbox) -> None:
    action = inbox.propose("update_profile", {"injuries": "left knee"})
    inbox.approve(action, {"injuries": "right hip", "goals": ["swim"]})

    assert inbox.undo(action)["outcome"] == "undone"
    assert inbox.rows("select goals, injuries from ai_profile") == [([], None)]
