"""A question asked anew: it and what came after it make way, and stand again where there is no better answer."""

from typing import Any

import pytest

from tests.support.database.actors import Connection, add_user
from tests.support.database.proposals import Inbox
from tests.support.database.turns import Refusal


@pytest.fixture
def inbox(connection: Connection) -> Inbox:
    return Inbox(connection, add_user(connection))


@pytest.fixture
def session(inbox: Inbox) -> str:
    return inbox.open_session()


def asked(inbox: Inbox, session: str, text: str, **arguments: Any) -> Any:
    return inbox.begin_turn(session, p_content=text, **arguments)


def answered(inbox: Inbox, session: str, text: str, *drafts: dict[str, Any], **arguments: Any) -> str:
    """The id of the question."""
    begun = asked(inbox, session, text, **arguments)
    inbox.answer(begun["turn"]["id"], *drafts, p_content=f"To {text}")
    return str(begun["question_id"])


def shown(inbox: Inbox, session: str) -> list[str]:
    snapshot = inbox.call("session_snapshot", p_user_id=inbox.user, p_session_id=session)
    return [message["content"] for message in reversed(snapshot["messages"])]


def test_what_came_after_it_is_neither_shown_nor_known_to_the_model(inbox: Inbox, session: str) -> None:
    answered(inbox, session, "first")
    second = answered(inbox, session, "second")
    answered(inbox, session, "third")
    begun = asked(inbox, session, "second, better", p_replaces=second)

    assert [message["content"] for message in begun["history"]] == ["first", "To first"]
    assert (begun["turn"]["replaces"], begun["history_total"]) == (second, 2)
    inbox.answer(begun["turn"]["id"], p_content="Better.")
    assert shown(inbox, session) == ["first", "To first", "second, better", "Better."]
    kept = inbox.rows("select count(*) from ai_chat_messages where session_id = %s", session)
    assert kept == [(8,)]


def test_it_stands_again_where_the_new_turn_fails(inbox: Inbox, session: str) -> None:
    first = answered(inbox, session, "first")
    inbox.fail(asked(inbox, session, "anew", p_replaces=first)["turn"]["id"])
    history = asked(inbox, session, "next")["history"]
    assert [message["content"] for message in history] == ["first", "To first"]


def test_proposals_that_made_way_expire_and_those_carried_out_stay(inbox: Inbox, session: str) -> None:
    done, waiting = inbox.drafted("update_profile"), inbox.drafted("log_workout")
    first = answered(inbox, session, "first", done, waiting)
    inbox.approve(done["id"])
    begun = asked(inbox, session, "anew", p_replaces=first)

    assert inbox.column("status", done["id"]) == "executed"
    assert inbox.column("decision", waiting["id"]) == "expired"
    assert [event["type"] for event in begun["events"]] == ["action.expired", "turn.started"]
    assert {event["stream"] for event in begun["events"]} == {f"session:{session}"}


def test_only_a_question_that_stands_can_be_asked_anew(inbox: Inbox, session: str, connection: Connection) -> None:
    gone = answered(inbox, session, "first")
    answered(inbox, session, "anew", p_replaces=gone)
    [(answer,)] = inbox.rows(
        "select id from ai_chat_messages where session_id = %s and role = 'assistant' and replaced_by is null", session
    )
    stranger = Inbox(connection, add_user(connection))
    others = answered(stranger, stranger.open_session(), "mine")
    elsewhere = answered(inbox, inbox.open_session(), "elsewhere")
    for message in (gone, str(answer), others, elsewhere):
        assert asked(inbox, session, "again", p_replaces=message) == Refusal("PT404", "message_not_found")
    assert shown(inbox, session) == ["anew", "To anew"]


def test_an_old_question_stays(inbox: Inbox, session: str) -> None:
    first = answered(inbox, session, "first")
    inbox.connection.execute(
        "insert into ai_chat_messages (session_id, user_id, role, content) "
        "select %s, %s, 'user', 'more' from generate_series(1, 99)",
        (session, inbox.user),
    )
    assert asked(inbox, session, "again", p_replaces=first) == Refusal("PT422", "message_too_old")


def test_it_is_refused_before_anything_is_paid_for_it(inbox: Inbox, session: str) -> None:
    checked = inbox.call(
        "check_turn",
        p_user_id=inbox.user,
        p_session_id=session,
        p_reserve_tokens=1,
        p_reserve_cost=0,
        p_replaces=inbox.user,
    )
    assert checked == Refusal("PT404", "message_not_found")
