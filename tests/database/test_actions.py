"""What each type of action does to the user's rows: nothing when proposed, once when approved, gone when undone."""

from typing import Any

import psycopg
import pytest

from tests.support.database.actors import Connection, acting_as, add_user
from tests.support.database.proposals import PAYLOADS, PLAN, WORKOUT, Inbox, line
from tests.support.database.turns import Refusal

OLD_PLAN = PLAN | {"name": "Old", "weeks": 4}
KINDS = sorted(PAYLOADS.keys() - {"webhook"})
HELD = {  # what a user has before anything is proposed
    "ai_profile": "select goals, injuries, experience_level, preferences from ai_profile",
    "workout_plans": "select content, is_active from workout_plans order by content ->> 'name'",
    "workout_logs": "select performed_on::text, content from workout_logs order by performed_on",
    "rooms": "select task_prompt, status, folder_path = 'rooms/' || room_id || '/' from rooms",
}


@pytest.fixture
def inbox(connection: Connection) -> Inbox:
    """Of a user with a profile and a plan."""
    inbox = Inbox(connection, add_user(connection))
    inbox.own_write(
        "insert into ai_profile (user_id, goals, preferences) values (%s, '{squat}', '{\"tone\": \"dry\"}')", inbox.user
    )
    inbox.done("create_workout_plan", OLD_PLAN)
    return inbox


def held(inbox: Inbox) -> dict[str, list[tuple[Any, ...]]]:
    return {table: inbox.rows(query) for table, query in HELD.items()}


EFFECTS: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "update_profile": ("ai_profile", [(["run 5k"], "left knee", None, {"tone": "dry"})]),
    "create_workout_plan": ("workout_plans", [(OLD_PLAN, False), (PLAN, True)]),
    "change_workout_plan": ("workout_plans", [(OLD_PLAN | {"weeks": 6}, True)]),
    "log_workout": ("workout_logs", [("2026-11-20", WORKOUT)]),
    "open_room": ("rooms", [("Compare three running plans.", "pending", True)]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_proposal_has_no_effect(inbox: Inbox, kind: str) -> None:
    before = held(inbox)
    action = inbox.propose(kind)

    assert held(inbox) == before
    assert inbox.look(action)["action"]["status"] == "pending"


@pytest.mark.parametrize("kind", KINDS)
def test_an_approval_changes_the_target_and_nothing_else(inbox: Inbox, kind: str) -> None:
    before = held(inbox)
    told = inbox.approve(inbox.propose(kind))

    table, rows = EFFECTS[kind]
    assert (told["outcome"], told["action"]["status"]) == ("executed", "executed")
    assert held(inbox) == before | {table: rows}
    assert told["action"]["preview"] == [line("approved")]


@pytest.mark.parametrize("kind", KINDS)
def test_an_undo_leaves_everything_as_it_was(inbox: Inbox, kind: str) -> None:
    before = held(inbox)
    told = inbox.undo(inbox.done(kind))

    assert (told["outcome"], told["action"]["status"]) == ("undone", "executed")
    assert told["action"]["undone_at"] is not None
    assert held(inbox) == before


@pytest.mark.parametrize("kind", KINDS)
def test_both_streams_are_told_of_every_step_in_order(inbox: Inbox, kind: str) -> None:
    session = inbox.open_session()
    earlier = len(inbox.told(f"user:{inbox.user}"))
    action = inbox.propose(kind, session=session)
    answered = [inbox.approve(action), inbox.undo(action)]

    steps = ["action.pending", "action.decided", "action.executed", "action.undone"]
    assert inbox.told(f"session:{session}") == steps == inbox.told(f"user:{inbox.user}")[earlier:]
    events = [event for told in answered for event in told["events"]]
    assert [event["type"] for event in events] == [step for step in steps[1:] for _ in range(2)]
    assert {event["stream"] for event in events} == {f"session:{session}", f"user:{inbox.user}"}
    assert events[-1]["data"]["action"] == answered[-1]["action"]


def test_the_events_of_an_approval_tell_of_it_before_its_effect(inbox: Inbox) -> None:
    events = inbox.approve(inbox.propose("log_workout"))["events"]

    assert [event["data"]["action"]["status"] for event in events] == ["approved"] * 2 + ["executed"] * 2


def test_listeners_of_both_streams_are_named(inbox: Inbox) -> None:
    session = inbox.open_session()
    for connection_id, stream in (("c1", f"session:{session}"), ("c2", f"user:{inbox.user}")):
        inbox.call("open_connection", p_connection_id=connection_id, p_user_id=inbox.user)
        inbox.call("subscribe", p_connection_id=connection_id, p_stream=stream)
    told = inbox.approve(inbox.propose("log_workout", session=session))

    assert (told["listeners"], told["user_listeners"]) == (["c1"], ["c2"])


def test_a_profile_is_made_for_who_has_none_and_emptied_again(connection: Connection) -> None:
    inbox = Inbox(connection, add_user(connection))
    action = inbox.done("update_profile")
    assert inbox.rows(HELD["ai_profile"]) == [(["run 5k"], "left knee", None, {})]

    assert inbox.undo(action)["outcome"] == "undone"
    assert inbox.rows(HELD["ai_profile"]) == [([], None, None, {})]


def test_the_first_plan_of_a_user_can_be_undone(connection: Connection) -> None:
    inbox = Inbox(connection, add_user(connection))
    inbox.undo(inbox.done("create_workout_plan"))

    assert inbox.rows("select 1 from workout_plans") == []


def test_undone_in_reverse_order_each_plan_is_followed_again(inbox: Inbox) -> None:
    second = inbox.done("create_workout_plan", PLAN | {"name": "Second"})
    changed = inbox.done("change_workout_plan")
    third = inbox.done("create_workout_plan", PLAN | {"name": "Third"})
    active = "select content ->> 'name', content -> 'weeks' from workout_plans where is_active"

    assert inbox.undo(second).message == "target_changed"
    assert inbox.undo(third)["outcome"] == "undone"
    assert inbox.rows(active) == [("Second", 6)]
    assert inbox.undo(changed)["outcome"] == "undone"
    assert inbox.rows(active) == [("Second", 8)]
    assert inbox.undo(second)["outcome"] == "undone"
    assert inbox.rows(active) == [("Old", 4)]


def test_a_type_without_its_function_is_an_error_and_stays_pending(inbox: Inbox) -> None:
    action = inbox.propose("log_workout")
    inbox.connection.execute("update ai_action_requests set action_type = 'buy_shoes' where id = %s", (action,))

    assert isinstance(inbox.look(action), Refusal)


def test_only_the_service_may_call_what_decides(connection: Connection) -> None:
    user = add_user(connection)
    query = "select proname from pg_proc where pronamespace = 'public'::regnamespace and proname ~ 'action|proposal'"
    names = sorted(row[0] for row in connection.execute(query).fetchall())
    assert len(names) == 8
    for role in ("anon", "authenticated"):
        with acting_as(connection, role, user):
            for name in names:
                allowed = connection.execute(
                    "select has_function_privilege(oid, 'execute') from pg_proc where proname = %s", (name,)
                ).fetchall()
                assert allowed == [(False,)]


def test_a_user_cannot_decide_by_writing_the_row(inbox: Inbox) -> None:
    inbox.propose("log_workout")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), inbox.connection.transaction():
        inbox.own_write("update ai_action_requests set status = 'approved'")
