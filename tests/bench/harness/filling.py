"""Fills a migrated database by SQL with so many users and what they have done in 90 days, and one heavy user."""

from dataclasses import dataclass
from pathlib import Path
from string import Template

import psycopg

from tests.support.database.actors import Connection

SQL = Template(Path(__file__).with_suffix(".sql").read_text())
TABLES = (
    *("ai_chat_sessions", "ai_chat_turns", "ai_chat_messages", "ai_usage", "ai_usage_ledger", "ai_idempotency_keys"),
    *("ai_streams", "ai_events", "ai_action_requests", "workout_logs", "rooms", "ai_kb_sources"),
)


@dataclass(frozen=True)
class Size:
    """A turn makes two messages; the heavy user comes besides."""

    users: int
    turns_per_user: int = 20  # five in a session
    events_per_turn: int = 5
    heavy: int = 1_200  # sessions, rooms and actions of the heavy user
    long_session: int = 2_500  # turns of one of them


def fill(superuser: str, size: Size) -> None:
    """Fill an empty database, without triggers and foreign keys, and leave it as vacuum and analyze do."""
    turns = size.users * size.turns_per_user + size.long_session + size.heavy
    statements = SQL.substitute(vars(size), turns=turns).strip().split(";\n")
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("set search_path = public, extensions")
        connection.execute("set work_mem = '256MB'")
        connection.execute("set maintenance_work_mem = '512MB'")
        _stop_indexes(connection)
        for statement in statements:
            connection.execute(statement)
        for table in TABLES:
            connection.execute(f"reindex table {table}")
        connection.execute("vacuum (analyze)")


def _stop_indexes(connection: Connection) -> None:
    """They are built once at the end, which takes a fifth of the time."""
    tables = [f"public.{table}" for table in TABLES]
    connection.execute("update pg_index set indisready = false where indrelid = any(%s::regclass[])", (tables,))
