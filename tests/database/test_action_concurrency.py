"""Many decide about the same at the same time: one effect, one decision, and no edit of a user is lost."""
# ruff: noqa: S311 - what threads do is drawn by lot, not a secret

import contextlib
import random
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg
import pytest

from tests.support.database.actors import Connection, add_user
from tests.support.database.proposals import Inbox, inboxes_at_once, varied
from tests.support.database.threads import blocked
from tests.support.database.turns import Refusal

Act = Callable[[Inbox], Any]


@pytest.fixture
def inbox(database_url: str) -> Iterator[Inbox]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("update ai_usage_plans set weekly_messages = 100000, weekly_tokens = 1000000000")
        yield Inbox(connection, add_user(connection))


def outcomes(results: list[Any]) -> Counter[str]:
    return Counter(told["outcome"] for told in results)


def effects(inbox: Inbox) -> set[str]:
    """The actions that have written a workout down."""
    return {row[0] for row in inbox.rows("select id::text from workout_logs")}


@pytest.mark.parametrize("kind", ["log_workout", "create_workout_plan", "update_profile", "open_room"])
def test_a_hundred_approvals_have_one_effect_and_a_hundred_equal_answers(
    inbox: Inbox, database_url: str, kind: str
) -> None:
    action = inbox.propose(kind)
    results = inboxes_at_once(database_url, inbox.user, *[lambda own: own.approve(action)] * 100)

    assert outcomes(results) == {"executed": 1, "repeated": 99}
    assert [told["action"] for told in results] == [inbox.look(action)["action"]] * 100
    assert inbox.told(f"user:{inbox.user}") == ["action.pending", "action.decided", "action.executed"]


def test_of_a_hundred_approvals_one_begins_the_effect_outside(inbox: Inbox, database_url: str) -> None:
    action = inbox.propose("webhook")
    approve = partial(Inbox.approve, action=action, p_external=True)
    results = inboxes_at_once(database_url, inbox.user, *[approve] * 100)

    assert outcomes(results) == {"dispatch": 1, "repeated": 99}
    ends = [partial(Inbox.finish_effect, action=action, result={"of": number}) for number in range(20)]
    ended = inboxes_at_once(database_url, inbox.user, *ends)
    assert outcomes(ended) == {"executed": 1, "repeated": 19}
    assert [told["action"] for told in ended] == [inbox.look(action)["action"]] * 20


def test_of_approval_and_rejection_one_wins(inbox: Inbox, database_url: str) -> None:
    actions = [inbox.propose("log_workout", varied("log_workout", number)) for number in range(30)]

    def decide(own: Inbox) -> list[tuple[str, str]]:
        choices = [(action, random.choice([Inbox.approve, Inbox.reject])) for action in actions]
        return [(action, choice(own, action)["outcome"]) for action, choice in choices]  # type: ignore[operator]

    results = [told for own in inboxes_at_once(database_url, inbox.user, *[decide] * 8) for told in own]

    first = dict(told for told in results if told[1] in ("executed", "rejected"))
    assert Counter(results)[(actions[0], first[actions[0]])] == 1
    assert len([told for told in results if told[1] in ("executed", "rejected")]) == len(first) == 30
    assert {outcome for _, outcome in results} <= {"executed", "rejected", "repeated", "decided"}
    assert effects(inbox) == {action for action, outcome in first.items() if outcome == "executed"}
    statuses = dict(inbox.rows("select id::text, status from ai_action_requests"))
    assert statuses == first


@pytest.mark.parametrize("kind", ["update_profile", "create_workout_plan", "change_workout_plan"])
def test_of_several_proposals_about_the_same_one_is_carried_out(inbox: Inbox, database_url: str, kind: str) -> None:
    inbox.done("create_workout_plan")
    actions = [inbox.propose(kind, varied(kind, number)) for number in range(8)]
    approvals = [partial(Inbox.approve_as_seen, action=action, seen=inbox.look(action)) for action in actions]

    assert outcomes(inboxes_at_once(database_url, inbox.user, *approvals)) == {"executed": 1, "stale": 7}


def test_of_many_undos_one_takes_the_action_back(inbox: Inbox, database_url: str) -> None:
    action = inbox.done("create_workout_plan")
    results = inboxes_at_once(database_url, inbox.user, *[partial(Inbox.undo, action=action)] * 30)

    assert outcomes(results) == {"undone": 1, "repeated": 29}
    assert [told["action"] for told in results] == [inbox.look(action)["action"]] * 30
    assert inbox.told(f"user:{inbox.user}")[-1:] == ["action.undone"]


def test_a_proposal_is_approved_or_expires_and_never_both(inbox: Inbox, database_url: str) -> None:
    actions = [inbox.propose("log_workout", varied("log_workout", number)) for number in range(40)]

    def approve(own: Inbox) -> list[str]:
        return [own.approve(action)["outcome"] for action in actions]

    def expire(own: Inbox) -> list[str]:
        for action in actions:
            own.let_pass("expires_at", action)
            own.call("end_overdue_actions")
        return []

    results = inboxes_at_once(database_url, inbox.user, *[approve] * 3, *[expire] * 3)

    assert {outcome for own in results for outcome in own} <= {"executed", "repeated", "expired"}
    states = inbox.rows("select id::text, status, decision from ai_action_requests")
    assert {state[1:] for state in states} <= {("executed", "approved"), ("rejected", "expired")}
    assert effects(inbox) == {id_ for id_, status, _ in states if status == "executed"}
    ends = Counter(inbox.told(f"user:{inbox.user}"))
    assert ends["action.executed"] + ends["action.expired"] == 40 == ends["action.pending"]


def users_token(connection: Connection, inbox: Inbox) -> None:
    """From here on the connection is what the user's own token is to the database."""
    connection.execute("select set_config('request.jwt.claims', %s, false)", (f'{{"sub": "{inbox.user}"}}',))
    connection.execute("set role authenticated")


LATER = {
    "update_profile": "update ai_profile set injuries = 'right hip'",
    "create_workout_plan": "delete from workout_plans where is_active",
    "change_workout_plan": "delete from workout_plans where is_active",
    "log_workout": "delete from workout_logs",
}


@pytest.mark.parametrize("kind", sorted(LATER))
def test_an_undo_waits_for_an_edit_that_is_being_made_and_keeps_it(inbox: Inbox, database_url: str, kind: str) -> None:
    inbox.done("create_workout_plan")
    action = inbox.done(kind)

    def undo(connection: Connection) -> Any:
        return Inbox(connection, inbox.user).undo(action)

    with psycopg.connect(database_url) as users:
        users_token(users, inbox)
        users.execute(LATER[kind])
        with blocked(database_url, undo, inbox.connection) as (undoing, _):
            users.commit()

    assert undoing.result() == Refusal("PT409", "target_changed")


FIRST = "insert into ai_profile (user_id, injuries) values (auth.uid(), 'right hip')"
APPROVED = {
    "update_profile": "update ai_profile set injuries = 'right hip'",
    "change_workout_plan": "delete from workout_plans where is_active",
    "create_workout_plan": "delete from workout_plans where is_active",
}


@pytest.mark.parametrize(("kind", "edit"), [("update_profile", FIRST), *APPROVED.items()])
def test_an_approval_waits_for_an_edit_that_is_being_made_and_is_stale(
    inbox: Inbox, database_url: str, kind: str, edit: str
) -> None:
    inbox.done("create_workout_plan")
    if edit != FIRST:
        inbox.own_write("insert into ai_profile (user_id, injuries) values (%s, 'left wrist')", inbox.user)
    action = inbox.propose(kind)
    seen = inbox.look(action)

    def approve(connection: Connection) -> Any:
        return Inbox(connection, inbox.user).approve_as_seen(action, seen)

    with psycopg.connect(database_url) as users:
        users_token(users, inbox)
        users.execute(edit)
        with blocked(database_url, approve, inbox.connection) as (approving, _):
            users.commit()

    assert approving.result()["outcome"] == "stale"
    assert inbox.rows("select injuries from ai_profile where injuries = 'left knee'") == []


def test_a_room_that_is_being_started_is_not_undone(inbox: Inbox, database_url: str) -> None:
    action = inbox.done("open_room")

    def undo(connection: Connection) -> Any:
        return Inbox(connection, inbox.user).undo(action)

    with psycopg.connect(database_url) as rooms:
        rooms.execute("update rooms set status = 'active'")
        with blocked(database_url, undo, inbox.connection) as (undoing, _):
            rooms.commit()

    assert undoing.result() == Refusal("PT409", "target_changed")
    assert inbox.rows("select status from rooms") == [("active",)]


@pytest.mark.parametrize("held", ["lock table workout_logs in share mode", "select 1 from ai_streams for update"])
def test_a_worker_that_is_killed_at_work_has_done_nothing(inbox: Inbox, database_url: str, held: str) -> None:
    action = inbox.propose("log_workout")
    before = inbox.look(action)["action"]

    def approve(connection: Connection) -> Any:
        return Inbox(connection, inbox.user).approve(action)

    with psycopg.connect(database_url) as holder:
        holder.execute(held)
        with blocked(database_url, approve, inbox.connection) as (approving, pid):
            inbox.rows("select pg_terminate_backend(%s)", pid)
            assert isinstance(approving.result(), Refusal)

    assert inbox.look(action)["action"] == before
    assert effects(inbox) == set()
    assert inbox.told(f"user:{inbox.user}") == ["action.pending"]
    assert inbox.approve(action)["outcome"] == "executed"


def test_a_worker_that_is_killed_before_the_end_of_its_transaction_has_done_nothing(
    inbox: Inbox, database_url: str
) -> None:
    action = inbox.propose("log_workout")
    with psycopg.connect(database_url) as connection, contextlib.suppress(psycopg.OperationalError):
        with connection.transaction():
            assert Inbox(connection, inbox.user).approve(action)["outcome"] == "executed"
            inbox.rows("select pg_terminate_backend(%s)", connection.info.backend_pid)
        pytest.fail("it could still commit")

    assert (inbox.column("status", action), effects(inbox)) == ("pending", set())
    assert inbox.approve(action)["outcome"] == "executed"
