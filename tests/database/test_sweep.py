"""The sweep ends what nobody ends any more, once, and forgets what has expired."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.support.database.actors import Connection, add_user
from tests.support.database.upkeep import sweep

EMPTY_EVENT = "select private.emit_event('session:' || %s, %s, 'event.withheld', '{}')"
NOTHING_DONE = {
    "turns_failed": 0,
    "reservations_released": 0,
    "tickets_deleted": 0,
    "idempotency_keys_deleted": 0,
    "connections_deleted": 0,
    "events_pruned": 0,
    "actions_expired": 0,
    "actions_lost": 0,
    "rooms_failed": 0,
}


@pytest.fixture
def user(connection: Connection) -> UUID:
    return add_user(connection)


@pytest.fixture
def session(connection: Connection, user: UUID) -> UUID:
    return add_session(connection, user)


def value(connection: Connection, statement: str, *arguments: Any) -> Any:
    """The one value that a query returns."""
    row = connection.execute(statement, arguments).fetchone()
    assert row is not None
    return row[0]


def add_session(connection: Connection, user: UUID) -> UUID:
    session: UUID = value(connection, "insert into ai_chat_sessions (user_id) values (%s) returning id", user)
    return session


def add_turn(connection: Connection, user: UUID, session: UUID, lease: str = "-1 second") -> UUID:
    """A running turn with a reservation, an idempotency key and something streamed."""
    turn: UUID = value(
        connection,
        "insert into ai_chat_turns (session_id, user_id, partial_content, lease_until) "
        "values (%s, %s, 'Below the', now() + %s::interval) returning id",
        session,
        user,
        lease,
    )
    connection.execute(
        "select private.reserve_usage(%s, 500, 1, 0.5, %s, '15 minutes'::interval + %s::interval, "
        "now() - interval '15 minutes')",
        (user, turn, lease),
    )
    connection.execute(
        "insert into ai_idempotency_keys (user_id, operation, key, request_hash, turn_id) "
        "values (%s, 'send_message', %s, repeat('a', 64), %s)",
        (user, str(turn), turn),
    )
    return turn


def events(connection: Connection, session: UUID) -> list[tuple[Any, ...]]:
    found = value(
        connection,
        "select list_events(user_id, 'session:' || id, 0, 9) from ai_chat_sessions where id = %s",
        session,
    )
    return [(event["seq"], event["type"], event["data"]["turn"]["status"]) for event in found["items"]]


def test_a_turn_of_a_dead_worker_fails_once_and_keeps_what_was_streamed(
    connection: Connection, user: UUID, session: UUID
) -> None:
    turn = add_turn(connection, user, session)
    assert sweep(connection) == NOTHING_DONE | {"turns_failed": 1}
    assert sweep(connection) == NOTHING_DONE

    row = connection.execute(
        "select status, error_code, partial_content, ended_at is null from ai_chat_turns"
    ).fetchone()
    assert row == ("failed", "worker_lost", "Below the", False)
    assert events(connection, session) == [(1, "turn.failed", "failed")]
    assert value(connection, "select status from ai_usage_ledger where turn_id = %s", turn) == "released"
    used = connection.execute("select tokens_used, tokens_reserved, messages_used, messages_reserved from ai_usage")
    assert used.fetchone() == (0, 0, 0, 0)


def test_the_question_of_a_dead_worker_may_be_asked_again_under_its_key(
    connection: Connection, user: UUID, session: UUID
) -> None:
    add_turn(connection, user, session)
    sweep(connection)

    assert connection.execute("select 1 from ai_idempotency_keys").fetchall() == []


def test_a_turn_that_was_cancelled_ends_as_cancelled(connection: Connection, user: UUID, session: UUID) -> None:
    add_turn(connection, user, session)
    connection.execute("update ai_chat_turns set cancel_requested_at = now()")
    sweep(connection)

    row = connection.execute("select status, error_code, partial_content from ai_chat_turns").fetchone()
    assert row == ("cancelled", None, "Below the")
    assert events(connection, session) == [(1, "turn.cancelled", "cancelled")]


def test_a_turn_whose_worker_lives_is_left_alone(connection: Connection, user: UUID, session: UUID) -> None:
    add_turn(connection, user, session, lease="1 minute")

    assert sweep(connection) == NOTHING_DONE
    assert value(connection, "select status from ai_chat_turns") == "running"
    assert value(connection, "select tokens_reserved from ai_usage") == 500


def test_a_worker_that_comes_too_late_changes_nothing(connection: Connection, user: UUID, session: UUID) -> None:
    turn = add_turn(connection, user, session)
    sweep(connection)
    told = value(connection, "select checkpoint_turn(%s, %s, 'Below the knee')", user, turn)
    connection.execute("select fail_turn(%s, %s, 'model_timeout', 'Below the knee')", (user, turn))

    assert told["proceed"] is False
    row = connection.execute("select error_code, partial_content from ai_chat_turns").fetchone()
    assert row == ("worker_lost", "Below the")
    assert len(events(connection, session)) == 1


def test_a_reservation_without_a_turn_is_released_at_its_end(connection: Connection, user: UUID) -> None:
    reserve = "select private.reserve_usage(%s, 500, 1, 0.5, p_time_to_live => %s::interval)"
    for time_to_live in ("1 minute", "0"):
        connection.execute(reserve, (user, time_to_live))

    assert sweep(connection) == NOTHING_DONE | {"reservations_released": 1}
    assert value(connection, "select messages_reserved from ai_usage") == 1


def test_expired_tickets_keys_and_sockets_are_forgotten_and_others_kept(connection: Connection, user: UUID) -> None:
    for name, age in (("a", "0"), ("b", "-1 minute")):
        connection.execute(
            "insert into realtime_tickets values (repeat(%s, 64), %s, now() - %s::interval)", (name, user, age)
        )
        connection.execute(
            "insert into ai_idempotency_keys (user_id, operation, key, request_hash, response, expires_at) "
            "values (%s, 'create_session', %s, repeat('a', 64), '{}', now() - %s::interval)",
            (user, name, age),
        )
        connection.execute(
            "insert into websocket_connections (connection_id, user_id, connected_at) "
            "values (%s, %s, now() - interval '2 hours 10 minutes' - %s::interval)",
            (name, user, age),
        )
        connection.execute("insert into websocket_subscriptions values (%s, 'user:x', %s)", (name, user))

    expected = {"tickets_deleted": 1, "idempotency_keys_deleted": 1, "connections_deleted": 1}
    assert sweep(connection) == NOTHING_DONE | expected
    assert sweep(connection) == NOTHING_DONE
    assert value(connection, "select left(ticket_hash, 1) from realtime_tickets") == "b"
    assert value(connection, "select key from ai_idempotency_keys") == "b"
    assert value(connection, "select connection_id from websocket_connections") == "b"
    assert value(connection, "select connection_id from websocket_subscriptions") == "b"


def test_events_of_last_week_are_pruned_and_their_streams_say_so(connection: Connection, user: UUID) -> None:
    aged, fresh = add_session(connection, user), add_session(connection, user)
    for session in (aged, aged, aged, fresh):
        connection.execute(EMPTY_EVENT, (session, user))
    connection.execute(
        "update ai_events set created_at = now() - interval '7 days 1 second' "
        "where stream = 'session:' || %s and seq <= 2",
        (aged,),
    )

    assert sweep(connection) == NOTHING_DONE | {"events_pruned": 2}
    assert sweep(connection) == NOTHING_DONE
    streams = connection.execute("select stream, last_seq, pruned_through from ai_streams").fetchall()
    assert set(streams) == {(f"session:{aged}", 3, 2), (f"session:{fresh}", 1, 0)}
    assert connection.execute("select seq from ai_events where stream = 'session:' || %s", (aged,)).fetchall() == [(3,)]


# --------------------------------------------------------------------------------------------------- bites and lag
def test_a_bite_ends_the_oldest_and_leaves_the_rest_to_the_next(connection: Connection) -> None:
    users = [add_user(connection) for _ in range(3)]
    for user, lease in zip(users, ("-1 minute", "-3 minutes", "-2 minutes"), strict=True):
        add_turn(connection, user, add_session(connection, user), lease)

    ended: list[UUID] = []
    while value(connection, "select end_overdue_turns(now(), 1)")["turns_failed"]:
        ended += (
            connection.execute(
                "select user_id from ai_chat_turns where status = 'failed' and user_id <> all(%s)", (ended,)
            ).fetchone()
            or ()
        )
    assert ended == [users[1], users[2], users[0]]


def test_a_reservation_that_is_not_to_be_released_yet_keeps_no_other_waiting(
    connection: Connection, user: UUID, session: UUID
) -> None:
    add_turn(connection, user, session, lease="1 hour")
    connection.execute("update ai_usage_ledger set expires_at = now() - interval '1 hour'")
    other = add_user(connection)
    connection.execute("select private.reserve_usage(%s, 500, 1, 0.5, p_time_to_live => '0')", (other,))

    assert value(connection, "select end_overdue_turns(now(), 1)")["reservations_released"] == 1


def test_what_expires_is_forgotten_in_bites(connection: Connection, user: UUID) -> None:
    for name in "abc":
        connection.execute("insert into realtime_tickets values (repeat(%s, 64), %s, now())", (name, user))

    bites = [value(connection, "select forget_expired(now(), 2)")["tickets_deleted"] for _ in range(3)]
    assert bites == [2, 1, 0]


def test_the_lag_is_how_long_the_oldest_has_been_due(connection: Connection, user: UUID, session: UUID) -> None:
    nothing = value(connection, "select upkeep_lag()")
    assert set(nothing.values()) == {0}

    add_turn(connection, user, session, lease="-90 seconds")
    connection.execute("select private.emit_event('user:' || %s, %s, 'event.withheld', '{}')", (user, user))
    connection.execute("update ai_events set created_at = now() - interval '7 days 1 hour'")
    assert value(connection, "select upkeep_lag()") == nothing | {"end_overdue_turns": 90, "prune_events": 3600}


def test_events_of_a_stream_that_is_in_use_are_left_for_the_next_time(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection, psycopg.connect(database_url) as writing:
        user = add_user(connection)
        for stream in (add_session(connection, user), add_session(connection, user)):
            connection.execute(
                "select private.emit_event('session:' || %s, %s, 'event.withheld', '{}')", (stream, user)
            )
        connection.execute("update ai_events set created_at = now() - interval '8 days'")
        writing.execute("select private.emit_event('session:' || %s, %s, 'event.withheld', '{}')", (stream, user))

        assert value(connection, "select prune_events()") == {"events_pruned": 1}
        writing.rollback()
        assert value(connection, "select prune_events()") == {"events_pruned": 1}
