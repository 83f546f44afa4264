"""The functions of sockets and events on their own: who is let in, what a frame is answered with, what is replayed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from shared.platform import settings
from shared.platform.process import forget
from tests.support.database.turns import Chat
from tests.support.functions.events import websocket_event
from tests.support.functions.invocations import Answer, User, request, run

Connection = psycopg.Connection[tuple[Any, ...]]
MISSING = "00000000-0000-4000-8000-000000000000"


def ticket_of(user: User, **headers: Any) -> str:
    return str(request("create_ticket", "POST", "/v1/realtime/tickets", user.token, **headers).body["ticket"])


def connect(**options: Any) -> tuple[int, str, str]:
    """Status, body and the connection's id."""
    connection_id = f"c-{uuid4()}"
    answer = run("ws_connect", websocket_event(connection_id, **options))
    return answer["statusCode"], answer["body"], connection_id


def ask(connection_id: str, **frame: Any) -> dict[str, Any]:
    """The frame that answers a client's."""
    answer = run("ws_message", websocket_event(connection_id, body=json.dumps(frame)))
    assert answer["statusCode"] == 200
    answered: dict[str, Any] = json.loads(answer["body"])
    return answered


def events_of(user: User, session: str | None = None, **query: Any) -> Answer:
    path = f"/v1/chat/sessions/{session}/events" if session else "/v1/events"
    return request("list_events", "GET", path, user.token, None, query)


def emit(database: Connection, stream: str, user: User, number: int = 1) -> None:
    for _ in range(number):
        database.execute("select private.emit_event(%s, %s, 'room.updated', '{\"a\": 1}')", (stream, user.id))


def owner(database: Connection, connection_id: str) -> str | None:
    query = "select user_id::text from websocket_connections where connection_id = %s"
    row = database.execute(query, (connection_id,)).fetchone()
    return row[0] if row else None


@pytest.fixture
def socket(user: User) -> str:
    """The id of the user's open socket."""
    return connect(token=user.token)[2]


# ------------------------------------------------------------------------------------------------------------ tickets
def test_a_ticket_ends_in_a_minute_and_is_not_kept_anywhere(user: User, database: Connection) -> None:
    answer = request("create_ticket", "POST", "/v1/realtime/tickets", user.token)

    assert answer.status == 201
    assert answer.headers["cache-control"] == "no-store"
    left = datetime.fromisoformat(answer.body["expires_at"]) - datetime.now(UTC)
    assert timedelta(0) < left <= timedelta(seconds=61)
    rows = database.execute("select t::text from realtime_tickets t where user_id = %s", (user.id,)).fetchall()
    assert len(rows) == 1
    assert answer.body["ticket"] not in rows[0][0]


def test_a_ticket_says_which_socket_it_opens(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert request("create_ticket", "POST", "/v1/realtime/tickets", user.token).body["url"] is None
    monkeypatch.setenv("WEBSOCKET_API_ID", "abc123")
    forget(settings.load)

    url = request("create_ticket", "POST", "/v1/realtime/tickets", user.token).body["url"]
    assert url.startswith("ws://127.0.0.1:")
    assert url.endswith("/_aws/execute-api/abc123/local")


def test_an_idempotency_key_does_not_make_two_tickets_the_same(user: User) -> None:
    assert ticket_of(user, Idempotency_Key="k") != ticket_of(user, Idempotency_Key="k")


def test_nobody_gets_a_ticket_without_a_token() -> None:
    assert request("create_ticket", "POST", "/v1/realtime/tickets", "").status == 401


def test_an_account_that_is_gone_gets_neither_ticket_nor_socket(user: User, database: Connection) -> None:
    database.execute("delete from auth.users where id = %s", (user.id,))

    answer = request("create_ticket", "POST", "/v1/realtime/tickets", user.token)
    assert (answer.status, answer.body["code"]) == (401, "account_gone")
    assert connect(token=user.token)[:2] == (401, "account_gone")


# ------------------------------------------------------------------------------------------------------------ sockets
def test_a_socket_is_opened_with_a_token(user: User, database: Connection) -> None:
    status, body, connection_id = connect(token=user.token)

    assert (status, body, owner(database, connection_id)) == (200, "", user.id)


def test_a_socket_is_opened_with_a_ticket_once(user: User, database: Connection) -> None:
    ticket = ticket_of(user)
    first, second = connect(query={"ticket": ticket}), connect(query={"ticket": ticket})

    assert (first[0], owner(database, first[2])) == (200, user.id)
    assert (second[:2], owner(database, second[2])) == ((401, "ticket_invalid"), None)


def test_a_ticket_of_yesterday_opens_nothing(user: User, database: Connection) -> None:
    ticket = ticket_of(user)
    database.execute("update realtime_tickets set expires_at = now() where user_id = %s", (user.id,))

    assert connect(query={"ticket": ticket})[:2] == (401, "ticket_invalid")


@pytest.mark.parametrize("ticket", ["", "made-up", "x" * 5000, "nul\x00", "half \ud800", "' or true --"], ids=repr)
def test_a_ticket_that_was_never_given_out_opens_nothing(ticket: str, database: Connection) -> None:
    status, _, connection_id = connect(query={"ticket": ticket})

    assert (status, owner(database, connection_id)) == (401, None)


@pytest.mark.parametrize("query", [None, {}, {"token": "a.b.c"}, {"Authorization": "Bearer a.b.c"}])
def test_nobody_opens_a_socket_with_nothing(query: dict[str, str] | None) -> None:
    assert connect(query=query)[:2] == (401, "unauthorized")


def test_a_bad_token_is_not_helped_by_a_good_ticket(user: User) -> None:
    assert connect(token="a.b.c", query={"ticket": ticket_of(user)})[:2] == (401, "unauthorized")


def test_a_token_in_the_url_is_no_token(user: User) -> None:
    assert connect(query={"ticket": user.token})[0] == 401


def test_a_closed_socket_is_forgotten_with_its_subscriptions(
    user: User, socket: str, session: str, database: Connection
) -> None:
    ask(socket, type="subscribe", stream=f"session:{session}")
    for _ in range(2):
        assert run("ws_disconnect", websocket_event(socket))["statusCode"] == 200

    assert owner(database, socket) is None
    query = "select 1 from websocket_subscriptions where user_id = %s"
    assert database.execute(query, (user.id,)).fetchall() == []


# ------------------------------------------------------------------------------------------------------------- frames
def test_a_ping_is_answered(socket: str) -> None:
    assert ask(socket, type="ping") == {"v": 1, "type": "pong"}


def test_one_subscribes_to_ones_own_session_and_user(
    user: User, socket: str, session: str, database: Connection
) -> None:
    emit(database, f"session:{session}", user, 3)
    for stream, as_of in ((f"session:{session}", 3), (f"user:{user.id}", 0)):
        for _ in range(2):
            answered = ask(socket, type="subscribe", stream=stream)
            assert answered == {"v": 1, "type": "subscribed", "stream": stream, "as_of": as_of}
        row = database.execute("select private.listeners(%s, %s)", (user.id, stream)).fetchone()
        assert row == ([socket],)


def test_a_subscription_ends(user: User, socket: str, session: str, database: Connection) -> None:
    stream = f"session:{session}"
    ask(socket, type="subscribe", stream=stream)
    for _ in range(2):
        assert ask(socket, type="unsubscribe", stream=stream) == {"v": 1, "type": "unsubscribed", "stream": stream}

    assert database.execute("select private.listeners(%s, %s)", (user.id, stream)).fetchone() == ([],)


def test_a_strangers_stream_is_refused_as_a_missing_one_is(
    session: str, user: User, add_user: Callable[[], User], database: Connection
) -> None:
    strangers_socket = connect(token=add_user().token)[2]
    refused = {"v": 1, "type": "error", "code": "stream_not_found"}
    for stream in (f"session:{session}", f"user:{user.id}", f"session:{MISSING}", f"room:{MISSING}", "session:x", None):
        answer = ask(strangers_socket, type="subscribe", stream=stream)
        named = {"stream": stream} if stream else {}
        assert answer == refused | named | {"detail": answer["detail"]}
    assert database.execute("select private.listeners(%s, %s)", (user.id, f"session:{session}")).fetchone() == ([],)


def test_a_socket_that_nobody_opened_subscribes_to_nothing(session: str) -> None:
    answered = ask("unknown", type="subscribe", stream=f"session:{session}")

    assert answered["code"] == "stream_not_found"


def test_what_is_not_understood_is_answered_with_a_frame(socket: str) -> None:
    answer = ask(socket, type="dance")
    assert answer == {"v": 1, "type": "error", "code": "unknown_type", "detail": "The request is not valid"}
    answer = run("ws_message", websocket_event(socket, body="not json"))
    assert json.loads(answer["body"])["code"] == "malformed_json"


# ------------------------------------------------------------------------------------------------------------- events
def test_events_are_replayed_in_order_page_by_page(user: User, session: str, database: Connection) -> None:
    stream = f"session:{session}"
    emit(database, stream, user, 7)

    pages, after = [], 0
    while after < (page := events_of(user, session, after=after, limit=3).body)["as_of"]:
        pages.append([event["seq"] for event in page["items"]])
        after = pages[-1][-1]
    assert pages == [[1, 2, 3], [4, 5, 6], [7]]
    assert (page["stream"], page["gap"], page["items"]) == (stream, False, [])


def test_events_are_the_envelopes_that_were_pushed_whatever_of_them_is_stored(
    user: User, session: str, database: Connection
) -> None:
    chat = Chat(database, UUID(user.id))
    answered = chat.begin(session)
    finished = chat.finish(answered["turn"]["id"])
    broken_off = chat.begin(session)
    failed = chat.fail(broken_off["turn"]["id"])
    pushed = [event for said in (answered, finished, broken_off, failed) for event in said["events"]]

    items = [timed(event) for stream in (session, None) for event in events_of(user, stream).body["items"]]
    assert items == [timed(event) for event in sorted(pushed, key=lambda event: event["stream"])]


def timed(event: dict[str, Any]) -> dict[str, Any]:
    """With its time as one, as it is written in several ways."""
    return event | {"ts": datetime.fromisoformat(event["ts"])}


def test_a_message_is_not_stored_once_more_in_its_event(user: User, session: str, database: Connection) -> None:
    chat = Chat(database, UUID(user.id))
    chat.finish(chat.begin(session)["turn"]["id"], content="As deep as your hips allow.")

    texts = "%deep%"
    assert database.execute("select count(*) from ai_chat_messages where content like %s", (texts,)).fetchone() != (0,)
    found = database.execute(
        "select count(*) from ai_events where user_id = %s and data::text like %s", (user.id, texts)
    ).fetchone()
    assert found == (0,)


def test_a_session_without_events_has_none(user: User, session: str) -> None:
    answer = events_of(user, session)

    assert answer.body == {"stream": f"session:{session}", "items": [], "as_of": 0, "gap": False}


def test_the_users_own_stream_is_replayed_too(user: User, database: Connection) -> None:
    assert events_of(user).body["as_of"] == 0
    emit(database, f"user:{user.id}", user, 2)

    body = events_of(user, after=1).body
    assert ([event["seq"] for event in body["items"]], body["as_of"]) == ([2], 2)


def test_who_asks_for_what_was_pruned_is_told_of_the_gap(user: User, session: str, database: Connection) -> None:
    stream = f"session:{session}"
    emit(database, stream, user, 5)
    database.execute("update ai_events set created_at = '2026-01-01' where stream = %s and seq <= 3", (stream,))
    database.execute("select prune_events('2026-01-09')")

    for after, gap, seqs in ((0, True, [4, 5]), (2, True, [4, 5]), (3, False, [4, 5]), (5, False, [])):
        body = events_of(user, session, after=after).body
        assert (body["gap"], body["as_of"]) == (gap, 5)
        assert [event["seq"] for event in body["items"]] == seqs


def test_a_strangers_events_are_404_in_the_same_words_as_missing_ones(
    user: User, session: str, add_user: Callable[[], User], database: Connection
) -> None:
    emit(database, f"session:{session}", user)
    stranger = add_user()
    answers = [events_of(stranger, session), events_of(stranger, MISSING)]

    assert [(answer.status, answer.body["code"]) for answer in answers] == [(404, "session_not_found")] * 2
    assert answers[0].body | {"request_id": ""} == answers[1].body | {"request_id": ""}
    assert events_of(stranger).body["items"] == []


@pytest.mark.parametrize(
    "query", [{"after": -1}, {"after": "x"}, {"after": 2**63}, {"limit": 0}, {"limit": 101}, {"limit": "all"}], ids=str
)
def test_a_question_that_makes_no_sense_is_refused(user: User, session: str, query: dict[str, Any]) -> None:
    assert events_of(user, session, **query).status == 422
    assert events_of(user, **query).status == 422


def test_the_widest_question_is_answered(user: User, session: str) -> None:
    assert events_of(user, session, after=2**63 - 1, limit=100).status == 200


def test_nobody_reads_events_without_a_token(session: str) -> None:
    anonymous = User("", "")
    assert [events_of(anonymous, session).status, events_of(anonymous).status] == [401, 401]
