"""Proposals come with the answer of a completed turn, and go with their session and their user."""

import json
from typing import Any
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.support.database.actors import Connection, add_user
from tests.support.database.proposals import WORKOUT, Inbox
from tests.support.database.turns import Refusal


@pytest.fixture
def inbox(connection: Connection) -> Inbox:
    return Inbox(connection, add_user(connection))


@pytest.fixture
def session(inbox: Inbox) -> str:
    return inbox.open_session()


def begin(inbox: Inbox, session: str) -> str:
    return str(inbox.begin_turn(session)["turn"]["id"])


def stored(inbox: Inbox) -> list[str]:
    return [row[0] for row in inbox.rows("select id::text from ai_action_requests order by created_at, id")]


def test_a_proposal_says_where_it_comes_from(inbox: Inbox, session: str) -> None:
    turn = begin(inbox, session)
    draft = inbox.drafted("log_workout", origin={"model": "m", "passages": [{"id": "p1", "quoted": True}]})
    message = inbox.answer(turn, draft)["response"]["message"]
    action = inbox.look(draft["id"])["action"]

    assert (action["session_id"], action["message_id"], action["tool_call_id"]) == (session, message["id"], "call_1")
    assert (action["payload"], action["preview"], action["origin"]) == (WORKOUT, draft["preview"], draft["origin"])
    assert (action["status"], action["version"], action["proposed_payload"]) == ("pending", 1, None)
    assert message["metadata"]["actions"] == [draft["id"]]
    assert inbox.column("expires_at - now() = interval '1 hour'", draft["id"])


def test_of_more_than_three_proposals_three_are_stored_and_named(inbox: Inbox, session: str) -> None:
    drafts = [inbox.drafted("log_workout") for _ in range(5)]
    answered = inbox.answer(begin(inbox, session), *drafts)

    first = [draft["id"] for draft in drafts[:3]]
    assert set(stored(inbox)) == set(first)
    assert answered["response"]["message"]["metadata"]["actions"] == first
    told = [event["data"]["action"]["id"] for event in answered["events"] if event["type"] == "action.pending"]
    assert told == [id_ for id_ in first for _ in range(2)]


def test_a_repeated_answer_proposes_nothing_again(inbox: Inbox, session: str) -> None:
    turn = begin(inbox, session)
    drafts = [inbox.drafted("log_workout") for _ in range(2)]
    inbox.answer(turn, drafts[0])

    assert inbox.answer(turn, drafts[1])["events"] == []
    assert stored(inbox) == [drafts[0]["id"]]


def cancel(inbox: Inbox, session: str, turn: str) -> dict[str, Any]:
    inbox.cancel(session, turn)
    return {}


def stop(inbox: Inbox, session: str, turn: str) -> dict[str, Any]:
    return {"p_status": "cancelled"}


def fail(inbox: Inbox, session: str, turn: str) -> dict[str, Any]:
    inbox.fail(turn)
    return {}


@pytest.mark.parametrize("end", [cancel, stop, fail])
def test_a_turn_that_does_not_complete_proposes_nothing(inbox: Inbox, session: str, end: Any) -> None:
    turn = begin(inbox, session)
    arguments = end(inbox, session, turn)
    answered = inbox.answer(turn, inbox.drafted("log_workout"), **arguments)

    assert stored(inbox) == []
    assert inbox.told(f"session:{session}") == []
    if answered != Refusal("PT409", "turn_ended"):
        assert answered["response"]["message"]["metadata"]["actions"] == []


def test_an_answer_without_words_may_propose(inbox: Inbox, session: str) -> None:
    draft = inbox.drafted("log_workout")
    answered = inbox.answer(begin(inbox, session), draft, p_content="")

    assert answered["response"]["message"] is None
    assert inbox.approve(draft["id"])["outcome"] == "executed"


def test_the_next_turn_knows_what_became_of_the_last_ten(inbox: Inbox, session: str) -> None:
    actions = [inbox.propose("log_workout", WORKOUT | {"minutes": 30 + n}, session) for n in range(11)]
    inbox.propose("log_workout")  # in another session
    for number, action in enumerate(actions):
        inbox.connection.execute(
            "update ai_action_requests set created_at = now() + make_interval(secs => %s) where id = %s",
            (number, action),
        )
    inbox.reject(actions[-1], "I was ill")
    inbox.approve(actions[-2])

    known = inbox.begin_turn(session)["actions"]
    assert [action["id"] for action in known] == actions[1:]
    assert [known[-1]["decision_reason"], known[-2]["status"]] == ["I was ill", "executed"]


def test_a_snapshot_shows_what_is_still_to_be_decided(inbox: Inbox, session: str) -> None:
    actions = [inbox.propose("log_workout", WORKOUT | {"minutes": 30 + n}, session) for n in range(3)]
    inbox.approve(actions[0])
    inbox.reject(actions[1])

    shown = inbox.call("session_snapshot", p_user_id=inbox.user, p_session_id=session)["pending_actions"]
    assert shown == [inbox.look(actions[2])["action"]]


@pytest.mark.parametrize("status", ["pending", "executed"])
def test_the_end_of_a_session_takes_its_actions_along_and_leaves_what_they_did(
    inbox: Inbox, session: str, status: str
) -> None:
    action = inbox.propose("log_workout", session=session)
    other = inbox.propose("log_workout", WORKOUT | {"minutes": 5})
    if status == "executed":
        inbox.approve(action)

    assert inbox.call("delete_session", p_user_id=inbox.user, p_session_id=session) is True
    assert stored(inbox) == [other]
    assert inbox.rows("select count(*) from workout_logs") == [(int(status == "executed"),)]
    assert inbox.approve(action) == Refusal("PT404", "action_not_found") == inbox.undo(action)


def test_an_account_takes_actions_and_what_they_did_along(inbox: Inbox) -> None:
    inbox.done("create_workout_plan")
    inbox.done("log_workout")
    inbox.propose("change_workout_plan")
    exported = json.loads(inbox.call("export_account", p_user_id=inbox.user))["tables"]
    receipt = inbox.call("delete_account_data", p_user_id=inbox.user)

    expected = {"ai_action_requests": 3, "workout_plans": 1, "workout_logs": 1}
    assert {table: len(exported[table]) for table in expected} == expected
    assert expected.items() <= receipt.items()
    assert exported["workout_logs"][0]["content"] == WORKOUT
    assert stored(inbox) == []


def usage(inbox: Inbox) -> list[tuple[Any, ...]]:
    return inbox.rows("select messages_used, tokens_used, messages_reserved, tokens_reserved from ai_usage")


def test_a_free_turn_reserves_and_charges_nothing_even_over_the_limit(inbox: Inbox, session: str) -> None:
    inbox.connection.execute("update ai_usage_plans set weekly_messages = 1")
    inbox.answer(begin(inbox, session))
    assert inbox.begin_turn(session).message == "quota_exceeded"

    turn = inbox.begin_turn(session, p_free=True)["turn"]["id"]
    assert usage(inbox) == [(1, 60, 0, 0)]
    assert inbox.answer(turn)["response"]["turn"]["status"] == "completed"
    assert usage(inbox) == [(1, 60, 0, 0)]
    assert inbox.rows("select count(*) from ai_usage_ledger") == [(1,)]


@pytest.mark.parametrize("end", ["fail", "lose"])
def test_a_free_turn_that_fails_leaves_nothing_behind(inbox: Inbox, session: str, end: str) -> None:
    turn = inbox.begin_turn(session, p_free=True)["turn"]["id"]
    getattr(inbox, end)(turn)
    inbox.call("end_overdue_turns")

    assert inbox.rows("select status from ai_chat_turns") == [("failed",)]
    assert usage(inbox) == []


def test_an_equal_proposal_that_waits_in_the_session_is_not_stored_a_second_time(inbox: Inbox) -> None:
    session = inbox.open_session()
    first = inbox.propose("log_workout", session=session)
    turn = inbox.begin_turn(session)["turn"]["id"]
    again, other = inbox.drafted("log_workout"), inbox.drafted("update_profile")
    ended = inbox.answer(turn, again, other)

    assert ended["response"]["message"]["metadata"]["actions"] == [other["id"]]
    stored = inbox.rows("select id::text from ai_action_requests where session_id = %s", session)
    assert {row[0] for row in stored} == {first, other["id"]}
    assert [event["data"]["action"]["id"] for event in ended["events"] if event["type"] == "action.pending"] == [
        other["id"]
    ] * 2


def test_what_was_decided_may_be_proposed_again(inbox: Inbox) -> None:
    session = inbox.open_session()
    inbox.approve(inbox.propose("log_workout", session=session))
    again = inbox.propose("log_workout", session=session)
    assert inbox.rows("select status from ai_action_requests where id = %s", again) == [("pending",)]


def test_what_waits_for_the_user_in_one_session_is_not_proposed_in_another(inbox: Inbox) -> None:
    action = inbox.propose("log_workout")
    about = {"p_user_id": inbox.user, "p_action_type": "log_workout", "p_action_id": str(uuid4())}
    assert inbox.call("action_target", **about, p_payload=Jsonb(WORKOUT))["pending"] == action
    assert inbox.call("action_target", **about, p_payload=Jsonb(WORKOUT | {"minutes": 5}))["pending"] is None
    inbox.propose("log_workout")  # by a worker that did not ask
    assert stored(inbox) == [action]
    inbox.reject(action)
    again = inbox.propose("log_workout")
    assert set(stored(inbox)) == {action, again}


def test_what_waits_for_another_user_is_no_reason_to_leave_a_proposal_out(inbox: Inbox) -> None:
    inbox.propose("log_workout")
    other = Inbox(inbox.connection, add_user(inbox.connection))
    assert other.approve(other.propose("log_workout"))["outcome"] == "executed"
