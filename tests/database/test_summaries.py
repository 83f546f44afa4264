"""Whose turn it is to bring a conversation's summary up to date, and with what."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.support.database.actors import Connection, add_user
from tests.support.database.proposals import Inbox


@pytest.fixture
def inbox(connection: Connection) -> Inbox:
    return Inbox(connection, add_user(connection))


@pytest.fixture
def session(inbox: Inbox) -> str:
    return inbox.open_session()


def say(inbox: Inbox, session: str, count: int, tokens: int = 10) -> None:
    for n in range(count):
        inbox.connection.execute(
            "insert into ai_chat_messages (session_id, user_id, role, content, token_count) "
            "values (%s, %s, %s, %s, %s)",
            (session, inbox.user, ("user", "assistant")[n % 2], f"message {n}", tokens),
        )


def claim(inbox: Inbox, session: str, by: Inbox | None = None) -> Any:
    turn = inbox.rows("select id from ai_chat_turns where session_id = %s order by started_at desc limit 1", session)
    turn_id = turn[0][0] if turn else inbox.begin_turn(session)["turn"]["id"]
    return (by or inbox).call("claim_summary", p_user_id=(by or inbox).user, p_turn_id=turn_id)


def store(inbox: Inbox, claimed: Any, summary: str) -> Any:
    used = Jsonb({"tokens": 50, "cost": 0.001, "model": "m", "estimated": False, "cost_complete": True})
    given = {"p_session_id": claimed["session_id"], "p_until": claimed["until"], "p_used": used}
    return inbox.call("set_summary", p_user_id=inbox.user, p_summary=summary, **given)


def texts(claimed: Any) -> list[str]:
    return [message["content"] for message in claimed["messages"]]


def test_the_newest_thirty_are_left_to_the_prompt(inbox: Inbox, session: str) -> None:
    say(inbox, session, 40)
    assert texts(claim(inbox, session)) == [f"message {n}" for n in range(11)]  # the question that runs is the newest


def test_of_long_ones_fewer_are_left_to_it(inbox: Inbox, session: str) -> None:
    say(inbox, session, 10, tokens=5000)
    assert texts(claim(inbox, session)) == [f"message {n}" for n in range(8)]


def test_one_worker_alone_gets_it_and_it_is_charged(inbox: Inbox, session: str) -> None:
    say(inbox, session, 40)
    claimed = claim(inbox, session)
    assert claim(inbox, session) is None
    assert store(inbox, claimed, "So far.") is True
    assert store(inbox, claimed, "Again.") is False
    assert inbox.rows("select count(*) from ai_usage_ledger where user_id = %s and tokens_used = 50", inbox.user) == [
        (2,)
    ]


def test_the_next_one_goes_on_where_it_ended(inbox: Inbox, session: str) -> None:
    say(inbox, session, 40)
    store(inbox, claim(inbox, session), "So far.")
    assert claim(inbox, session) is None
    say(inbox, session, 12)
    claimed = claim(inbox, session)
    assert (claimed["summary"], texts(claimed)[0], len(claimed["messages"])) == ("So far.", "message 11", 12)


def test_a_worker_that_died_is_followed_after_five_minutes(inbox: Inbox, session: str) -> None:
    say(inbox, session, 40)
    claim(inbox, session)
    inbox.connection.execute("update ai_chat_sessions set summary_claimed_at = now() - interval '5 minutes'")
    assert texts(claim(inbox, session))


def test_a_turn_is_given_it_and_forgets_it_where_its_messages_made_way(inbox: Inbox, session: str) -> None:
    say(inbox, session, 40)
    claimed = claim(inbox, session)
    inbox.answer(inbox.rows("select id from ai_chat_turns where session_id = %s", session)[0][0])
    store(inbox, claimed, "So far.")
    begun = inbox.begin_turn(session)
    assert (begun["summary"], datetime.fromisoformat(begun["summary_until"])) == (
        "So far.",
        datetime.fromisoformat(claimed["until"]),
    )
    inbox.fail(begun["turn"]["id"])
    [(old,)] = inbox.rows("select id from ai_chat_messages where content = 'message 10' and session_id = %s", session)
    assert inbox.begin_turn(session, p_replaces=old)["summary"] is None


def test_a_strangers_conversation_is_nobodys_to_sum_up(inbox: Inbox, session: str, connection: Connection) -> None:
    say(inbox, session, 40)
    stranger = Inbox(connection, add_user(connection))
    assert claim(inbox, session, by=stranger) is None


@pytest.mark.parametrize(("longest", "tokens", "cost"), [(700, 1500, "0.15"), (300, 2000, "0.2"), (3500, 1100, "0.11")])
def test_what_is_reserved_follows_how_long_the_newest_messages_are(
    inbox: Inbox, session: str, longest: int, tokens: int, cost: str
) -> None:
    say(inbox, session, 60, tokens=7)  # of which fifty are 350
    least, most = {"p_reserve_tokens": 1000, "p_reserve_cost": "0.1"}, {"p_most_tokens": 2000, "p_most_cost": "0.2"}
    begun = inbox.begin_turn(session, **least, **most, p_most_history=longest)
    reserved = "select tokens_reserved, cost_reserved from ai_usage_ledger where turn_id = %s"
    assert inbox.rows(reserved, begun["turn"]["id"]) == [(tokens, Decimal(cost))]
