"""Every table, column, status and index of the two seed documents is there."""

import psycopg
import pytest

from tests.support.database.actors import Connection, add_user

# As the seeds write them; the types in PostgreSQL's own words.
COLUMNS = {
    "ai_chat_sessions": "id uuid, user_id uuid, title text, created_at timestamptz, updated_at timestamptz",
    "ai_chat_messages": (
        "id uuid, session_id uuid, user_id uuid, role text, content text, token_count int4, metadata jsonb, "
        "created_at timestamptz"
    ),
    "ai_action_requests": (
        "id uuid, user_id uuid, session_id uuid, action_type text, payload jsonb, status text, error_message text, "
        "created_at timestamptz, updated_at timestamptz"
    ),
    "ai_usage": (
        "id uuid, user_id uuid, period_start date, period_end date, tokens_used int4, messages_used int4, "
        "cost_estimate numeric, updated_at timestamptz"
    ),
    "ai_profile": (
        "user_id uuid, goals _text, experience_level text, equipment _text, time_availability text, injuries text, "
        "preferences jsonb, created_at timestamptz, updated_at timestamptz"
    ),
    "ai_feedback": "id uuid, user_id uuid, message_id uuid, rating int2, comment text, created_at timestamptz",
    "ai_kb_docs": (
        "id uuid, source text, chunk_index int4, content text, embedding vector, metadata jsonb, created_at timestamptz"
    ),
    "rooms": (
        "id uuid, room_id text, user_id uuid, task_prompt text, created_at timestamptz, status text, llm_used text, "
        "agents_used jsonb, folder_path text"
    ),
    "ai_messages": (
        "id uuid, room_id uuid, agent_name text, content text, response text, model_used text, tool_calls jsonb, "
        "timestamp timestamptz, token_count int4"
    ),
    "files": (
        "id uuid, room_id uuid, filename text, file_path_on_server text, file_size_bytes int8, mime_type text, "
        "created_at timestamptz, description text"
    ),
    "websocket_connections": "connection_id text, room_id uuid, user_id uuid, connected_at timestamptz",
}
REFERENCES = {
    ("ai_chat_sessions", "user_id", "auth.users"),
    ("ai_chat_messages", "session_id", "public.ai_chat_sessions"),
    ("ai_chat_messages", "user_id", "auth.users"),
    ("ai_action_requests", "user_id", "auth.users"),
    ("ai_action_requests", "session_id", "public.ai_chat_sessions"),
    ("ai_usage", "user_id", "auth.users"),
    ("ai_profile", "user_id", "auth.users"),
    ("ai_feedback", "user_id", "auth.users"),
    ("ai_feedback", "message_id", "public.ai_chat_messages"),
    ("rooms", "user_id", "auth.users"),
    ("ai_messages", "room_id", "public.rooms"),
    ("files", "room_id", "public.rooms"),
    ("websocket_connections", "room_id", "public.rooms"),
    ("websocket_connections", "user_id", "auth.users"),
}
PRIMARY_KEYS = {"ai_profile": "user_id", "websocket_connections": "connection_id"}
INDEXES = {
    ("ai_chat_messages", "btree (user_id, session_id, created_at DESC, id DESC)"),
    ("ai_action_requests", "btree (user_id, status, expires_at, id)"),
    ("ai_kb_docs", "ivfflat (embedding vector_cosine_ops) WITH (lists='100')"),
    ("rooms", "btree (room_id)"),
    ("ai_messages", 'btree (room_id, "timestamp", id)'),
    ("files", "btree (room_id, created_at, id)"),
}


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_a_table_has_the_columns_of_its_seed(connection: Connection, table: str) -> None:
    rows = connection.execute(
        "select column_name || ' ' || udt_name from information_schema.columns "
        "where table_schema = 'public' and table_name = %s",
        (table,),
    ).fetchall()

    assert set(COLUMNS[table].split(", ")) <= {row[0] for row in rows}


def test_every_reference_of_the_seeds_is_a_foreign_key(connection: Connection) -> None:
    rows = connection.execute(
        "select c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text "
        "from pg_constraint c, unnest(c.conkey) k, pg_attribute a "
        "where c.contype = 'f' and a.attrelid = c.conrelid and a.attnum = k"
    ).fetchall()
    found = {(table.removeprefix("public."), column, target) for table, column, target in rows}
    qualified = {(table, column, target if "." in target else f"public.{target}") for table, column, target in found}

    assert qualified >= REFERENCES


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_a_table_has_the_primary_key_of_its_seed(connection: Connection, table: str) -> None:
    row = connection.execute(
        "select pg_get_constraintdef(oid) from pg_constraint where contype = 'p' and conrelid = %s::regclass",
        (f"public.{table}",),
    ).fetchone()

    assert row == (f"PRIMARY KEY ({PRIMARY_KEYS.get(table, 'id')})",)


def test_every_index_of_the_seeds_exists(connection: Connection) -> None:
    rows = connection.execute("select tablename, indexdef from pg_indexes where schemaname = 'public'").fetchall()
    found = {(table, definition.partition(" USING ")[2].partition(" INCLUDE ")[0]) for table, definition in rows}

    assert found >= INDEXES


STATUSES = {
    "ai_action_requests": {"pending", "approved", "rejected", "executed", "failed"},
    "rooms": {"pending", "active", "processing", "completed", "failed"},
}


@pytest.mark.parametrize("table", sorted(STATUSES))
def test_a_status_is_one_of_the_seed_and_nothing_else(connection: Connection, table: str) -> None:
    user = add_user(connection)
    session = connection.execute("insert into ai_chat_sessions (user_id) values (%s) returning id", (user,)).fetchone()
    insert = {
        # Whatever is not pending has been decided, and what is executed says since when.
        "ai_action_requests": "insert into ai_action_requests "
        "(user_id, session_id, action_type, status, decision, decided_at, executed_at) "
        "select %(user)s, %(session)s, 'log_workout', x, "
        "case x when 'pending' then null when 'rejected' then x else 'approved' end, "
        "case when x <> 'pending' then now() end, case when x = 'executed' then now() end "
        "from (select %(status)s::text as x) as s",
        "rooms": "insert into rooms (room_id, user_id, task_prompt, folder_path, status) "
        "values (md5(%(status)s), %(user)s, 'Write a plan', 'rooms/x/', %(status)s)",
    }[table]
    assert session is not None

    for status in STATUSES[table]:
        connection.execute(insert, {"user": user, "session": session[0], "status": status})
    with pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(insert, {"user": user, "session": session[0], "status": "done"})


@pytest.mark.parametrize(("column", "value"), [("role", "robot"), ("role", "")])
def test_a_message_has_a_role_of_the_seed(connection: Connection, column: str, value: str) -> None:
    user = add_user(connection)
    row = connection.execute("insert into ai_chat_sessions (user_id) values (%s) returning id", (user,)).fetchone()
    insert = f"insert into ai_chat_messages (session_id, user_id, content, {column}) values (%s, %s, 'x', %s)"
    assert row is not None

    for role in ("user", "assistant", "system", "tool"):
        connection.execute(insert, (row[0], user, role))
    with pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(insert, (row[0], user, value))


@pytest.mark.parametrize("rating", [0, 2, -2])
def test_a_rating_is_a_thumb_up_or_down(connection: Connection, rating: int) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(
            "insert into ai_feedback (user_id, message_id, rating) values (gen_random_uuid(), gen_random_uuid(), %s)",
            (rating,),
        )
