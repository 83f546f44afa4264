"""The sweep, as its schedule starts it."""

from typing import Any

import psycopg

from tests.support.functions.invocations import Context, User, request, run

Connection = psycopg.Connection[tuple[Any, ...]]


def test_a_turn_whose_worker_died_is_ended_once_and_costs_nothing(
    user: User, session: str, database: Connection
) -> None:
    row = database.execute(
        "insert into ai_chat_turns (session_id, user_id, partial_content, lease_until) "
        "values (%s, %s, 'Below the', now()) returning id",
        (session, user.id),
    ).fetchone()
    assert row is not None
    database.execute("select private.reserve_usage(%s, 500, 1, 0, %s)", (user.id, row[0]))

    assert [run("sweep", {}, Context(seconds_left=120))["turns_failed"] for _ in range(2)] == [1, 0]
    path = f"/v1/chat/sessions/{session}/turns/{row[0]}"
    turn = request("get_session", "GET", path, user.token).body
    assert (turn["status"], turn["error_code"], turn["partial_content"]) == ("failed", "worker_lost", "Below the")
    usage = request("get_usage", "GET", "/v1/usage", user.token).body
    assert (usage["messages_used"], usage["messages_reserved"], usage["tokens_reserved"]) == (0, 0, 0)


def test_it_counts_what_it_did() -> None:
    assert run("sweep", {}, Context(seconds_left=120)).keys() == {
        "turns_failed",
        "reservations_released",
        "tickets_deleted",
        "idempotency_keys_deleted",
        "connections_deleted",
        "events_pruned",
        "actions_expired",
        "actions_lost",
        "rooms_failed",
        "schedules_run",
        "uploads_deleted",
        "leftovers_deleted",
        "accounts_deleted",
        "tasks_woken",
        "spans_exported",
        "knowledge",
        "lag",
    }
