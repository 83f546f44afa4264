"""A decision is about exactly what the user saw and what safety looked at, or it is not taken."""

import json

import pytest
from psycopg.types.json import Jsonb

from tests.support.database.actors import Connection, add_user
from tests.support.database.proposals import PLAN, WORKOUT, Inbox, line
from tests.support.database.turns import Refusal


@pytest.fixture
def inbox(connection: Connection) -> Inbox:
    """Of a user with a profile."""
    inbox = Inbox(connection, add_user(connection))
    inbox.own_write("insert into ai_profile (user_id, goals) values (%s, '{squat}')", inbox.user)
    return inbox


STALE = {
    "update_profile": "update ai_profile set injuries = 'right hip'",
    "create_workout_plan": "delete from workout_plans",
    "change_workout_plan": "delete from workout_plans",
}


@pytest.mark.parametrize("kind", sorted(STALE))
def test_a_proposal_is_stale_once_its_target_changed(inbox: Inbox, kind: str) -> None:
    inbox.done("create_workout_plan")
    action = inbox.propose(kind)
    inbox.own_write(STALE[kind])
    told = inbox.approve(action, p_after=Jsonb({"plan_id": None, "plan": PLAN}))

    assert (told["outcome"], told["action"]["status"], told["events"]) == ("stale", "pending", [])
    assert inbox.rows("select 1 from workout_plans where content -> 'weeks' = '6'") == []


def test_a_proposal_is_not_stale_when_other_fields_changed(inbox: Inbox) -> None:
    action = inbox.propose("update_profile", {"injuries": "left knee"})
    inbox.own_write("update ai_profile set goals = '{swim}', experience_level = 'advanced'")

    assert inbox.approve(action)["outcome"] == "executed"
    assert inbox.rows("select goals, experience_level, injuries from ai_profile") == [
        (["swim"], "advanced", "left knee")
    ]


def test_a_stale_proposal_gets_a_fresh_preview_under_a_new_version(inbox: Inbox) -> None:
    action = inbox.propose("update_profile")
    inbox.own_write("update ai_profile set injuries = 'right hip'")
    fresh = inbox.refresh(action)["action"]

    assert (fresh["version"], fresh["preview"]) == (2, [line("new")])
    assert inbox.approve(action, version=1)["outcome"] == "stale"  # of what the user has not seen
    assert inbox.approve(action, version=2)["outcome"] == "executed"
    inbox.undo(action)
    assert inbox.rows("select injuries from ai_profile") == [("right hip",)]


def test_refreshing_needs_a_change_and_the_state_of_now(inbox: Inbox) -> None:
    action = inbox.propose("update_profile")
    assert inbox.refresh(action)["action"]["version"] == 1

    inbox.own_write("update ai_profile set injuries = 'right hip'")
    assert inbox.refresh(action, p_state=Jsonb({"injuries": "gone"}))["action"]["version"] == 1
    assert inbox.refresh(action, version=7)["action"]["version"] == 1
    assert inbox.refresh(action)["action"]["version"] == 2
    inbox.reject(action)
    inbox.own_write("update ai_profile set injuries = null")
    assert inbox.refresh(action, version=2)["action"]["version"] == 2


def test_a_preview_made_from_an_older_state_is_stale_from_the_start(inbox: Inbox) -> None:
    turn = inbox.begin_turn(inbox.open_session())["turn"]["id"]
    draft = inbox.drafted("update_profile")
    inbox.own_write("update ai_profile set injuries = 'right hip'")
    inbox.answer(turn, draft)

    assert inbox.approve(draft["id"])["outcome"] == "stale"
    assert inbox.refresh(draft["id"])["action"]["version"] == 2
    assert inbox.approve(draft["id"], version=2)["outcome"] == "executed"


@pytest.mark.parametrize("written", ["60.5", "60.50", "605e-1"])
def test_a_state_that_is_only_written_in_another_way_has_the_same_version(inbox: Inbox, written: str) -> None:
    action = inbox.done("log_workout")
    seen = json.dumps({"workout": WORKOUT}).replace("60.5", written)

    versions = "private.target_version('log_workout', %s, %s, '{}'%s)"
    query = f"select {versions % ('%s', '%s', '')} = {versions % ('%s', '%s', ', %s')}"
    assert inbox.rows(query, inbox.user, action, inbox.user, action, seen) == [(True,)]


def test_a_payload_that_was_tampered_with_is_never_carried_out(inbox: Inbox) -> None:
    action = inbox.propose("log_workout")
    inbox.connection.execute(
        "update ai_action_requests set payload = %s where id = %s", (Jsonb(WORKOUT | {"minutes": 25}), action)
    )

    assert inbox.approve(action) == Refusal("PT409", "payload_changed")
    assert inbox.approve(action, WORKOUT) == Refusal("PT409", "payload_changed")
    assert inbox.rows("select 1 from workout_logs") == []
    assert inbox.column("status", action) == "pending"


MOVES = {
    "profile": "update ai_profile set preferences = '{\"pregnant\": true}'",
    "plan": "delete from workout_plans",
    "workouts": "delete from workout_logs",
}


@pytest.mark.parametrize("part", sorted(MOVES))
def test_what_safety_looked_at_must_still_be_so(inbox: Inbox, part: str) -> None:
    inbox.done("create_workout_plan")
    inbox.done("log_workout")
    action = inbox.propose("open_room")
    seen = inbox.look(action)
    inbox.own_write(MOVES[part])

    told = inbox.approve_as_seen(action, seen)
    assert (told["outcome"], told["action"]["status"], told["events"]) == ("moved", "pending", [])
    assert inbox.approve(action)["outcome"] == "executed"


def test_an_edit_is_about_the_state_that_was_looked_at(inbox: Inbox) -> None:
    action = inbox.propose("update_profile", {"injuries": "left knee"})
    seen = inbox.look(action)  # of the injuries only

    assert inbox.approve_as_seen(action, seen, {"goals": ["swim"]})["outcome"] == "moved"
