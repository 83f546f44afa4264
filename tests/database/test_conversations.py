"""Conversations looked through, and written out."""

from typing import Any

import pytest

from tests.support.database.actors import Connection, add_user
from tests.support.database.proposals import Inbox
from tests.support.database.turns import Refusal


@pytest.fixture
def inbox(connection: Connection) -> Inbox:
    return Inbox(connection, add_user(connection))


def say(inbox: Inbox, session: str, *texts: str) -> None:
    for text in texts:
        inbox.connection.execute(
            "insert into ai_chat_messages (session_id, user_id, role, content) values (%s, %s, 'user', %s)",
            (session, inbox.user, text),
        )


def search(inbox: Inbox, *words: str, limit: int = 20) -> Any:
    return inbox.call("search_messages", p_user_id=inbox.user, p_words=list(words), p_limit=limit)


def found(inbox: Inbox, *words: str) -> list[str]:
    return [item["excerpt"] for item in search(inbox, *words)["items"]]


def test_all_words_must_stand_whatever_their_case_and_accents(inbox: Inbox) -> None:
    say(
        inbox,
        inbox.open_session(),
        "My KNEE hurts",
        "Übung für das Knie",
        "knee raises",
        "\uff4bnee wide",
        "Straße 100% _x_",
    )
    assert found(inbox, "knee") == ["\uff4bnee wide", "knee raises", "My KNEE hurts"]
    assert found(inbox, "ubung", "FUR") == ["Übung für das Knie"]
    assert found(inbox, "100%", "_x_") == ["Straße 100% _x_"]
    assert found(inbox, "%") == ["Straße 100% _x_"]
    assert found(inbox, "knee", "shoulder") == []


def test_an_excerpt_stands_around_the_first_word(inbox: Inbox) -> None:
    say(inbox, inbox.open_session(), "a " * 200 + "needle" + " b" * 200)
    [excerpt] = found(inbox, "needle")
    assert (len(excerpt), "needle" in excerpt) == (240, True)


def test_what_others_said_and_what_made_way_is_not_found(inbox: Inbox, connection: Connection) -> None:
    session = inbox.open_session()
    say(inbox, session, "knee", "knee again")
    connection.execute("update ai_chat_messages set replaced_by = gen_random_uuid() where content = 'knee'")
    stranger = Inbox(connection, add_user(connection))
    assert found(inbox, "knee") == ["knee again"]
    assert search(stranger, "knee") == {"searched": 0, "items": []}


def test_the_newest_come_first_and_no_more_than_asked_for(inbox: Inbox) -> None:
    say(inbox, inbox.open_session(), *(f"knee {n}" for n in range(5)))
    result = search(inbox, "knee", limit=2)
    assert ([item["excerpt"] for item in result["items"]], result["searched"]) == (["knee 4", "knee 3"], 5)


def test_a_conversation_is_written_out_in_order_and_a_strangers_is_not(inbox: Inbox, connection: Connection) -> None:
    session = inbox.open_session()
    say(inbox, session, "one", "two")
    written = inbox.call("session_transcript", p_user_id=inbox.user, p_session_id=session)
    assert [message["content"] for message in written["messages"]] == ["one", "two"]
    stranger = Inbox(connection, add_user(connection))
    refused = stranger.call("session_transcript", p_user_id=stranger.user, p_session_id=session)
    assert refused == Refusal("PT404", "session_not_found")
