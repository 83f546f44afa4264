"""Owner, stranger, anonymous and service walk every table; the phone's key must be harmless without our functions."""

from uuid import UUID

import psycopg
import pytest

from tests.support.database.actors import Connection, acting_as, add_user, allowed

# One row of each user-scoped table, and a statement that its owner could try on it.
SESSION = "00000000-0000-4000-8000-00000000000a"
TURN = "00000000-0000-4000-8000-00000000000b"
MESSAGE = "00000000-0000-4000-8000-00000000000c"
ROOM = "00000000-0000-4000-8000-00000000000d"
USAGE = "00000000-0000-4000-8000-00000000000e"
SOURCE = "00000000-0000-4000-8000-00000000000f"
TASK = "00000000-0000-4000-8000-000000000010"
VECTOR = "(array_fill(0.1, array[512]))::extensions.vector"
ROWS = {
    "ai_chat_sessions": f"(id, user_id) values ('{SESSION}', %(user)s)",
    "ai_chat_turns": f"(id, session_id, user_id) values ('{TURN}', '{SESSION}', %(user)s)",
    "ai_chat_messages": f"(id, session_id, user_id, turn_id, role, content) "
    f"values ('{MESSAGE}', '{SESSION}', %(user)s, '{TURN}', 'assistant', 'Squat deep.')",
    "ai_action_requests": f"(user_id, session_id, action_type) values (%(user)s, '{SESSION}', 'log_workout')",
    "workout_plans": "(user_id, content) values (%(user)s, '{}')",
    "ai_memories": "(user_id, fact) values (%(user)s, 'Trains at six.')",
    "workout_logs": "(user_id, performed_on, content) values (%(user)s, '2026-11-16', '{}')",
    "ai_profile": "(user_id, goals) values (%(user)s, '{pull-up}')",
    "ai_feedback": f"(user_id, message_id, rating) values (%(user)s, '{MESSAGE}', 1)",
    "ai_user_plans": "(user_id, plan_id) values (%(user)s, 'free')",
    "ai_usage": f"(id, user_id, period_start, period_end) values ('{USAGE}', %(user)s, '2026-11-16', '2026-11-22')",
    "ai_usage_ledger": f"(user_id, usage_id, tokens_reserved, messages_reserved, cost_reserved, expires_at) "
    f"values (%(user)s, '{USAGE}', 1, 1, 0, now())",
    "ai_idempotency_keys": "(user_id, operation, key, request_hash) values (%(user)s, 'op', 'k', repeat('a', 64))",
    "rooms": f"(id, room_id, user_id, task_prompt, folder_path) "
    f"values ('{ROOM}', repeat('a', 64), %(user)s, 'Plan', 'rooms/a/')",
    "ai_messages": f"(room_id, agent_name, content) values ('{ROOM}', '@researcher', 'hello')",
    "files": f"(room_id, filename, file_path_on_server, file_size_bytes) values ('{ROOM}', 'a.md', 'rooms/a/a.md', 1)",
    "room_tasks": f"(id, room_id, position, key, role, brief) values ('{TASK}', '{ROOM}', 0, 't1', 'writer', 'Write.')",
    "room_inputs": f"(room_id, task_id, kind) values ('{ROOM}', '{TASK}', 'question')",
    "room_schedules": "(user_id, room, weekdays, at, time_zone, next_at) "
    "values (%(user)s, '{}', '{7}', '18:00', 'UTC', now())",
    "room_file_versions": f"(user_id, room_id, filename, key, size) values (%(user)s, '{ROOM}', 'a.md', 'k', 1)",
    "websocket_connections": f"(connection_id, room_id, user_id) values ('c1', '{ROOM}', %(user)s)",
    "ai_streams": f"(stream, user_id, last_seq) values ('session:{SESSION}', %(user)s, 1)",
    "ai_events": f"(stream, seq, user_id, type) values ('session:{SESSION}', 1, %(user)s, 'event.withheld')",
    "websocket_subscriptions": f"(connection_id, stream, user_id) values ('c1', 'session:{SESSION}', %(user)s)",
    "realtime_tickets": "(ticket_hash, user_id, expires_at) values (repeat('a', 64), %(user)s, now())",
}
# What is nobody's in particular, and for the backend alone.
BACKEND = {
    "ai_kb_sources": f"(id, source, title, content_sha256, embedding_model) "
    f"values ('{SOURCE}', 'a.md', 'A', repeat('a', 64), 'm')",
    "ai_kb_docs": f"(source_id, source, chunk_index, content, embedding, embedding_model, token_count) "
    f"values ('{SOURCE}', 'a.md', 0, 'text', {VECTOR}, 'm', 1)",
    "ai_usage_totals": "(period_start, model) values ('2026-11-16', 'm')",
    "ai_usage_weeks": "values ('2026-11-09', now(), 1, 1, 1, 0)",
}
SHARED = {"ai_usage_plans"}
# What a user's own token may do besides reading; everything else is written by the backend's functions.
WRITABLE = {
    "ai_memories": "update ai_memories set fact = 'Trains at seven.'",
    "ai_profile": "update ai_profile set goals = '{run 5k}'",
    "ai_chat_sessions": "update ai_chat_sessions set title = 'My title'",
    "ai_feedback": "update ai_feedback set rating = -1",
}
FORBIDDEN = {
    "ai_memories": "update ai_memories set created_at = now()",
    "ai_chat_sessions": "update ai_chat_sessions set updated_at = now()",
    "ai_chat_turns": "update ai_chat_turns set error_code = 'x'",
    "ai_chat_messages": "update ai_chat_messages set content = 'I said nothing'",
    "ai_action_requests": "update ai_action_requests set status = 'approved'",
    "workout_plans": 'update workout_plans set content = \'{"name": "x"}\'',
    "workout_logs": "update workout_logs set content = '{}'",
    "ai_user_plans": "update ai_user_plans set plan_id = 'free'",
    "ai_usage": "update ai_usage set messages_used = 0",
    "ai_usage_ledger": "update ai_usage_ledger set status = 'released', ended_at = now()",
    "ai_usage_plans": "update ai_usage_plans set weekly_messages = 1000000",
    "ai_idempotency_keys": "update ai_idempotency_keys set response = '{}'",
    "rooms": "update rooms set status = 'completed'",
    "ai_messages": "update ai_messages set content = 'x'",
    "files": "update files set filename = 'x'",
    "room_tasks": "update room_tasks set status = 'pending'",
    "room_inputs": "update room_inputs set answer = 'x', answered_at = now()",
    "room_schedules": "update room_schedules set next_at = now()",
    "room_file_versions": "update room_file_versions set key = 'x'",
    "websocket_connections": "update websocket_connections set room_id = null",
    "ai_kb_sources": "update ai_kb_sources set title = 'x'",
    "ai_kb_docs": "update ai_kb_docs set content = 'x'",
    "ai_usage_totals": "update ai_usage_totals set tokens = 0",
    "ai_usage_weeks": "update ai_usage_weeks set tokens = 0",
    "ai_streams": "update ai_streams set pruned_through = last_seq",
    "ai_events": "update ai_events set data = '{\"forged\": true}'",
    "websocket_subscriptions": "insert into websocket_subscriptions select 'c2', stream, user_id from ai_streams",
    "realtime_tickets": "insert into realtime_tickets select repeat('b', 64), user_id, now() from ai_streams",
}
DELETABLE = {"ai_feedback", "ai_memories", "workout_plans", "workout_logs"}
UNREADABLE = {"ai_idempotency_keys", "realtime_tickets"}  # of one user, and of no use to a client


@pytest.fixture
def owner(connection: Connection) -> UUID:
    """A user with one row in every table."""
    user = add_user(connection)
    for table, row in (ROWS | BACKEND).items():
        connection.execute(f"insert into {table} {row}", {"user": user})
    return user


@pytest.fixture
def stranger(connection: Connection) -> UUID:
    return add_user(connection)


def test_every_table_is_walked(connection: Connection) -> None:
    rows = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()

    assert {row[0] for row in rows} == ROWS.keys() | BACKEND.keys() | SHARED


def test_every_table_has_row_level_security(connection: Connection) -> None:
    rows = connection.execute(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' "
        "and not relrowsecurity"
    ).fetchall()

    assert rows == []


@pytest.mark.parametrize("table", sorted(ROWS.keys() - UNREADABLE))
def test_an_owner_reads_the_own_row_and_a_stranger_does_not(
    connection: Connection, owner: UUID, stranger: UUID, table: str
) -> None:
    with acting_as(connection, "authenticated", owner):
        assert len(connection.execute(f"select 1 from {table}").fetchall()) == 1
    with acting_as(connection, "authenticated", stranger):
        assert connection.execute(f"select 1 from {table}").fetchall() == []


@pytest.mark.parametrize("table", sorted(BACKEND.keys() | UNREADABLE))
def test_no_user_reads_what_is_for_the_backend(connection: Connection, owner: UUID, table: str) -> None:
    with acting_as(connection, "authenticated", owner):
        assert not allowed(connection, f"select 1 from {table}")


@pytest.mark.parametrize("table", sorted(ROWS.keys() | BACKEND.keys() | SHARED))
def test_anonymous_callers_do_nothing(connection: Connection, owner: UUID, table: str) -> None:
    with acting_as(connection, "anon"):
        for statement in (f"select 1 from {table}", f"delete from {table}", FORBIDDEN.get(table, WRITABLE.get(table))):
            assert statement
            assert not allowed(connection, statement)


@pytest.mark.parametrize("table", sorted(ROWS.keys() | BACKEND.keys() | SHARED))
def test_the_service_reads_everything_and_writes_through_functions_only(
    connection: Connection, owner: UUID, table: str
) -> None:
    with acting_as(connection, "service_role"):
        assert allowed(connection, f"select 1 from {table}")
        assert not allowed(connection, f"delete from {table}")


@pytest.mark.parametrize("table", sorted(WRITABLE))
def test_an_owner_writes_what_is_harmless_and_a_stranger_does_not(
    connection: Connection, owner: UUID, stranger: UUID, table: str
) -> None:
    with acting_as(connection, "authenticated", owner):
        assert allowed(connection, WRITABLE[table])
    with acting_as(connection, "authenticated", stranger):
        assert not allowed(connection, WRITABLE[table])


@pytest.mark.parametrize("table", sorted(FORBIDDEN))
def test_not_even_an_owner_writes_what_counts(connection: Connection, owner: UUID, table: str) -> None:
    with acting_as(connection, "authenticated", owner):
        assert not allowed(connection, FORBIDDEN[table])


@pytest.mark.parametrize("table", sorted(ROWS.keys() | BACKEND.keys() | SHARED))
def test_an_owner_deletes_feedback_and_training_and_nothing_else(
    connection: Connection, owner: UUID, table: str
) -> None:
    with acting_as(connection, "authenticated", owner):
        assert allowed(connection, f"delete from {table}") == (table in DELETABLE)


@pytest.mark.parametrize("table", sorted(DELETABLE))
def test_a_stranger_deletes_nothing_of_the_owners(
    connection: Connection, owner: UUID, stranger: UUID, table: str
) -> None:
    with acting_as(connection, "authenticated", stranger):
        connection.execute(f"delete from {table}")
    assert connection.execute(f"select count(*) from {table}").fetchone() == (1,)


def test_a_row_cannot_be_given_to_somebody_else(connection: Connection, owner: UUID, stranger: UUID) -> None:
    with acting_as(connection, "authenticated", owner), pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("update ai_profile set user_id = %s", (stranger,))


def test_a_title_written_under_a_users_own_token_is_the_users(connection: Connection, owner: UUID) -> None:
    with acting_as(connection, "authenticated", owner):
        assert not allowed(connection, "update ai_chat_sessions set title_source = 'none'")
        connection.execute("update ai_chat_sessions set title = 'Mine'")
        assert connection.execute("select title_source from ai_chat_sessions").fetchall() == [("user",)]


def test_no_token_but_the_databases_own_reads_what_wakes_a_workflow(connection: Connection, owner: UUID) -> None:
    for role in ("authenticated", "service_role"):
        with acting_as(connection, role, owner), pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from private.room_task_tokens")


def test_nobody_rates_an_answer_given_to_somebody_else(connection: Connection, owner: UUID, stranger: UUID) -> None:
    insert = "insert into ai_feedback (user_id, message_id, rating) values (%s, %s, 1)"
    with acting_as(connection, "authenticated", stranger):
        assert not allowed(connection, insert, stranger, MESSAGE)


def test_users_and_anonymous_callers_execute_no_function(connection: Connection) -> None:
    rows = connection.execute(
        "select r.role, p.oid::regprocedure::text from pg_proc p, (values ('anon'), ('authenticated')) r (role) "
        "where p.pronamespace = 'public'::regnamespace and has_function_privilege(r.role, p.oid, 'execute')"
    ).fetchall()

    assert rows == []


def test_every_function_pins_its_search_path(connection: Connection) -> None:
    rows = connection.execute(
        "select oid::regprocedure::text from pg_proc where pronamespace in ('public'::regnamespace, "
        "'private'::regnamespace) and coalesce(array_to_string(proconfig, ','), '') not like '%search_path=\"\"%'"
    ).fetchall()

    assert rows == []


def test_every_table_and_function_says_what_it_is_for(connection: Connection) -> None:
    rows = connection.execute(
        "select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v') "
        "and obj_description(c.oid) is null union all "
        "select p.proname from pg_proc p where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace) "
        "and obj_description(p.oid) is null"
    ).fetchall()

    assert rows == []


def test_every_foreign_key_has_an_index(connection: Connection) -> None:
    rows = connection.execute(
        "select c.conrelid::regclass::text, c.conname from pg_constraint c where c.contype = 'f' "
        "and c.connamespace = 'public'::regnamespace and not exists (select 1 from pg_index i "
        "where i.indrelid = c.conrelid and c.conkey[1] = i.indkey[0])"
    ).fetchall()

    assert rows == []
