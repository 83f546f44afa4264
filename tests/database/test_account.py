"""Snapshots, the sweep, and an account exported and deleted: everything, and nobody else's."""

import json
from collections import Counter
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.support.database.actors import Connection, add_user

HASH = "a" * 64
# A user's rows, one at least in every table: what a new table needs to be added to.
ROWS = {
    "ai_chat_sessions": "(id, user_id) values (%(session)s, %(user)s)",
    "ai_chat_turns": "(id, session_id, user_id) values (%(turn)s, %(session)s, %(user)s)",
    "ai_chat_messages": "(id, session_id, user_id, turn_id, role, content) "
    "values (%(message)s, %(session)s, %(user)s, %(turn)s, 'assistant', 'Squat deep.')",
    "ai_feedback": "(user_id, message_id, rating) values (%(user)s, %(message)s, 1)",
    "ai_action_requests": "(user_id, session_id, action_type) values (%(user)s, %(session)s, 'log_workout')",
    "workout_plans": "(user_id, content) values (%(user)s, '{}')",
    "ai_memories": "(user_id, fact) values (%(user)s, 'Trains at six.')",
    "workout_logs": "(user_id, performed_on, content) values (%(user)s, '2026-11-16', '{}')",
    "ai_profile": "(user_id, goals) values (%(user)s, '{pull-up}')",
    "ai_user_plans": "(user_id, plan_id) values (%(user)s, 'free')",
    "ai_usage": "(id, user_id, period_start, period_end) values (%(usage)s, %(user)s, '2026-11-16', '2026-11-22')",
    "ai_usage_ledger": "(user_id, usage_id, turn_id, tokens_reserved, messages_reserved, cost_reserved, expires_at) "
    "values (%(user)s, %(usage)s, %(turn)s, 1, 1, 0, now())",
    "ai_idempotency_keys": "(user_id, operation, key, request_hash, turn_id) "
    "values (%(user)s, 'send_message:' || %(session)s, 'k', repeat('a', 64), %(turn)s)",
    "rooms": "(id, room_id, user_id, task_prompt, folder_path) "
    "values (%(room)s, repeat(md5(%(user)s::text), 2), %(user)s, 'Plan', 'rooms/' || %(user)s)",
    "ai_messages": "(room_id, agent_name, content) values (%(room)s, '@writer', 'for ' || %(user)s)",
    "files": "(room_id, filename, file_path_on_server, file_size_bytes) "
    "values (%(room)s, 'a.md', 'rooms/' || %(user)s || '/a.md', 1)",
    "room_tasks": "(id, room_id, position, key, role, brief) "
    "values (%(task)s, %(room)s, 0, 't1', 'writer', 'for ' || %(user)s)",
    "room_inputs": "(room_id, task_id, kind, question) values (%(room)s, %(task)s, 'question', 'of ' || %(user)s)",
    "room_file_versions": "(user_id, room_id, filename, key, size) values (%(user)s, %(room)s, 'a.md', 'k', 1)",
    "room_schedules": "(user_id, room, weekdays, at, time_zone, next_at) "
    "values (%(user)s, jsonb_build_object('task_prompt', 'of ' || %(user)s), '{7}', '18:00', 'UTC', now())",
    "websocket_connections": "(connection_id, room_id, user_id) values ('c-' || %(user)s, %(room)s, %(user)s)",
    "ai_streams": "(stream, user_id, last_seq) values ('user:' || %(user)s, %(user)s, 1)",
    "ai_events": "(stream, seq, user_id, type, data) "
    "values ('user:' || %(user)s, 1, %(user)s, 'usage.updated', jsonb_build_object('user_id', %(user)s))",
    "websocket_subscriptions": "(connection_id, stream, user_id) "
    "values ('c-' || %(user)s, 'user:' || %(user)s, %(user)s)",
    "realtime_tickets": "(ticket_hash, user_id, expires_at) values (repeat(md5(%(user)s::text), 2), %(user)s, now())",
}


def value(connection: Connection, statement: str, *arguments: Any) -> Any:
    """The one value that a query returns."""
    row = connection.execute(statement, arguments).fetchone()
    assert row is not None
    return row[0]


def add_account(connection: Connection) -> UUID:
    """A user with a row in every table, and a signed-in device."""
    user = add_user(connection)
    ids = {
        name: value(connection, "select gen_random_uuid()")
        for name in ("session", "turn", "message", "usage", "room", "task")
    }
    for table, row in ROWS.items():
        connection.execute(f"insert into {table} {row}", {"user": user, **ids})
    connection.execute("insert into auth.sessions (user_id) values (%s)", (user,))
    return user


@pytest.fixture
def user(connection: Connection) -> UUID:
    return add_account(connection)


def tables_of_users(connection: Connection) -> set[str]:
    """The tables of `public` from which foreign keys lead to auth.users, in whatever number of steps."""
    rows = connection.execute(
        "with recursive reached (id) as (values ('auth.users'::regclass::oid) union "
        "select c.conrelid from pg_constraint as c join reached as r on c.confrelid = r.id where c.contype = 'f') "
        "select t.relname from reached as r join pg_class as t on t.oid = r.id "
        "where t.relnamespace = 'public'::regnamespace"
    ).fetchall()
    return {row[0] for row in rows}


def places_of(connection: Connection, text: str) -> set[str]:
    """Every column of every table of `public` and `auth` in which the text occurs, whatever the column's type."""
    columns = connection.execute(
        "select format('%I.%I', table_schema, table_name), format('%I', column_name) from information_schema.columns "
        "join information_schema.tables using (table_schema, table_name) "
        "where table_schema in ('public', 'auth') and table_type = 'BASE TABLE'"
    ).fetchall()
    return {
        f"{table}.{column}"
        for table, column in columns
        if connection.execute(f"select 1 from {table} where strpos({column}::text, %s) > 0 limit 1", (text,)).fetchall()
    }


def export(connection: Connection, user: UUID) -> dict[str, Any]:
    exported: dict[str, Any] = json.loads(value(connection, "select export_account(%s)", user))
    return exported


def delete(connection: Connection, user: UUID) -> dict[str, int]:
    receipt: dict[str, int] = value(connection, "select delete_account_data(%s)", user)
    return receipt


def test_the_rows_here_are_in_every_table_that_refers_to_a_user(connection: Connection) -> None:
    assert tables_of_users(connection) == ROWS.keys()


def test_an_export_has_every_row_of_a_user_and_no_other(connection: Connection, user: UUID) -> None:
    stranger = add_account(connection)
    exported = export(connection, user)

    assert exported["user"]["id"] == str(user)
    assert {table: len(rows) for table, rows in exported["tables"].items()} == dict.fromkeys(ROWS, 1)
    assert str(stranger) not in str(exported)
    assert set(exported["tables"]["ai_chat_messages"][0]) >= {"content", "metadata", "created_at"}


def test_an_account_that_is_gone_has_no_export(connection: Connection) -> None:
    with pytest.raises(psycopg.Error, match="account_gone") as refusal:
        export(connection, UUID(int=0))

    assert refusal.value.sqlstate == "PT401"


def test_after_a_deletion_the_users_id_is_nowhere(connection: Connection, user: UUID) -> None:
    assert {place.split(".")[1] for place in places_of(connection, str(user))} >= ROWS.keys() - {"realtime_tickets"}
    receipt = delete(connection, user)
    connection.execute("delete from auth.users where id = %s", (user,))

    assert receipt == dict.fromkeys(ROWS, 1)
    assert places_of(connection, str(user)) == set()
    assert all(value(connection, f"select count(*) from {table}") == 0 for table in ROWS)


def test_a_deletion_leaves_other_users_alone(connection: Connection, user: UUID) -> None:
    stranger = add_account(connection)
    before = export(connection, stranger)
    delete(connection, user)

    assert export(connection, stranger)["tables"] == before["tables"]


def test_a_second_deletion_finds_nothing(connection: Connection, user: UUID) -> None:
    delete(connection, user)

    assert delete(connection, user) == dict.fromkeys(ROWS, 0)


def use(connection: Connection, user: UUID, tokens: int, model: str, at: str = "2026-11-18T12:00Z") -> None:
    reservation = value(connection, "select private.reserve_usage(%s, 500, 1, 0.5, p_at => %s)", user, at)
    connection.execute("select private.settle_usage(%s, %s, 1, 0.25, %s)", (reservation, tokens, model))


def totals(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute(
        "select period_start::text, model, reservations, tokens, cost::float from ai_usage_totals order by 1, 2"
    ).fetchall()


def test_what_deleted_accounts_used_stays_as_sums_by_week_and_model(connection: Connection) -> None:
    first, second = add_user(connection), add_user(connection)
    use(connection, first, 40, "m")
    use(connection, first, 60, "m")
    use(connection, first, 7, "n", at="2026-11-25T12:00Z")
    connection.execute("select private.reserve_usage(%s, 500, 1, 0, p_at => '2026-11-18T12:00Z')", (first,))
    use(connection, second, 100, "m")

    delete(connection, first)
    assert totals(connection) == [("2026-11-16", "m", 2, 100, 0.5), ("2026-11-23", "n", 1, 7, 0.25)]
    delete(connection, first)
    delete(connection, second)
    assert totals(connection) == [("2026-11-16", "m", 3, 200, 0.75), ("2026-11-23", "n", 1, 7, 0.25)]


def test_no_user_reads_the_sums_of_deleted_accounts(connection: Connection) -> None:
    privileges = [
        value(connection, "select has_table_privilege(%s, 'public.ai_usage_totals', %s)", role, privilege)
        for role in ("anon", "authenticated")
        for privilege in ("select", "insert", "update", "delete")
    ]

    assert not any(privileges)


# ------------------------------------------------------------------------------------------------- bite by bite
def add_rooms(connection: Connection, user: UUID, count: int) -> None:
    """Behind those that the user has."""
    connection.execute(
        "insert into rooms (room_id, user_id, task_prompt, folder_path, status, created_at) "
        "select encode(sha256(gen_random_uuid()::text::bytea), 'hex'), %s, 'Plan', 'rooms/' || n || '/', 'completed', "
        "clock_timestamp() "
        "from generate_series(1, %s) as n",
        (user, count),
    )


def test_rooms_are_ended_and_deleted_by_fifty_with_all_their_rows(connection: Connection, user: UUID) -> None:
    add_rooms(connection, user, 60)
    first = value(connection, "select end_rooms_to_erase(%s)", user)
    assert len(first) == 50
    receipt = value(connection, "select erase_rooms(%s, %s::uuid[])", user, [room["id"] for room in first])

    assert receipt["rooms"] == 50
    assert {receipt[table] for table in ("ai_messages", "files", "room_tasks", "room_inputs")} == {1}
    assert len(value(connection, "select end_rooms_to_erase(%s)", user)) == 11


def test_a_room_at_work_ends_before_it_is_deleted_and_its_execution_is_named_once(
    connection: Connection, user: UUID
) -> None:
    connection.execute("update rooms set status = 'processing', execution_arn = 'arn:x' where user_id = %s", (user,))
    (room,) = value(connection, "select end_rooms_to_erase(%s)", user)
    assert room["execution_arn"] == "arn:x"
    assert value(connection, "select status from rooms where user_id = %s", user) == "failed"
    (again,) = value(connection, "select end_rooms_to_erase(%s)", user)
    assert again["execution_arn"] is None
    assert value(connection, "select array_agg(prefix) from private.leftovers") == [room["folder_path"]]


def test_rows_are_deleted_so_many_at_a_time_and_the_sums_stay_right(connection: Connection, user: UUID) -> None:
    for _ in range(3):
        use(connection, user, 40, "m")
    counts: Counter[str] = Counter()
    calls = 0
    while (bite := value(connection, "select delete_account_data(%s, '{}', 2)", user)) and max(bite.values()) >= 2:
        assert max(bite.values()) == 2
        counts.update(bite)
        calls += 1
    counts.update(bite)

    assert calls == 2
    assert counts == dict.fromkeys(ROWS, 1) | {"ai_usage_ledger": 4}
    running = ("2026-11-16", "", 1, 1, 0)  # that of the user's turn, which nobody ended
    assert totals(connection) == [running, ("2026-11-16", "m", 3, 120, 0.75)]


def test_a_room_that_is_begun_again_meanwhile_ends_and_is_deleted_in_the_next_bite(
    connection: Connection, user: UUID
) -> None:
    def erase() -> int:
        (room,) = value(connection, "select end_rooms_to_erase(%s)", user)
        if not retried:
            retried.append(value(connection, "select retry_room(%s, %s)", user, room["id"]))
        count: int = value(connection, "select erase_rooms(%s, %s::uuid[])", user, [room["id"]])["rooms"]
        return count

    retried: list[Any] = []
    assert [erase(), erase()] == [0, 1]
    assert (
        value(connection, "select count(*) from ai_usage_ledger where room_id is not null or status = 'reserved'") == 1
    )


def test_a_turn_at_work_counts_as_the_most_that_it_can_have_used(connection: Connection) -> None:
    user = add_user(connection)
    session = value(connection, "insert into ai_chat_sessions (user_id) values (%s) returning id", user)
    turn = value(
        connection, "insert into ai_chat_turns (session_id, user_id) values (%s, %s) returning id", session, user
    )
    connection.execute("select private.reserve_usage(%s, 500, 1, 0.5, %s, p_at => '2026-11-18T12:00Z')", (user, turn))
    delete(connection, user)
    assert totals(connection) == [("2026-11-16", "", 1, 500, 0.5)]


def test_a_strangers_rooms_are_not_deleted(connection: Connection, user: UUID) -> None:
    stranger = add_account(connection)
    theirs = [room["id"] for room in value(connection, "select end_rooms_to_erase(%s)", stranger)]

    assert set(value(connection, "select erase_rooms(%s, %s::uuid[])", user, theirs).values()) == {0}
    assert value(connection, "select count(*) from rooms where user_id = %s", stranger) == 1


def test_a_deletion_that_was_left_alone_is_claimed_by_one_at_a_time(connection: Connection, user: UUID) -> None:
    connection.execute("select begin_erasure(%s), begin_erasure(%s)", (user, UUID(int=0)))
    assert value(connection, "select claim_erasure()") is None
    later = "now() + interval '6 minutes'"
    assert value(connection, f"select claim_erasure({later})") == user
    assert value(connection, f"select claim_erasure({later})") is None
    connection.execute("delete from auth.users where id = %s", (user,))
    assert value(connection, "select claim_erasure(now() + interval '1 day')") is None


def test_what_may_still_come_to_the_bucket_is_looked_at_when_its_addresses_have_ended(
    connection: Connection, user: UUID
) -> None:
    value(connection, "select delete_account_data(%s, %s)", user, ["rooms/uploads/a/"])
    assert value(connection, "select due_leftovers()") == []
    due = value(connection, "select due_leftovers(now() + interval '20 minutes')")
    assert sorted(due) == [f"rooms/{user}", "rooms/uploads/a/"]  # of the room that was there, too
    assert value(connection, "select forget_leftovers(%s)", due) == {"leftovers_deleted": 2}
    assert value(connection, "select due_leftovers(now() + interval '20 minutes')") == []


def test_the_eleventh_export_of_a_day_is_refused(connection: Connection, user: UUID) -> None:
    for _ in range(10):
        export(connection, user)
    with pytest.raises(psycopg.Error, match="too_many_exports"):
        export(connection, user)
