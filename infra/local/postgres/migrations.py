"""Applies the project's migrations the way `supabase db push` does."""

from pathlib import Path

import psycopg

DIRECTORY = Path(__file__).parents[3] / "supabase" / "migrations"

# The table in which the Supabase CLI keeps its record, so that either tool sees what the other has applied.
SEEN = "select version from supabase_migrations.schema_migrations"
RECORD = """
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (
  version text primary key, statements text[], name text
);
"""


def apply(connection_url: str, directory: Path = DIRECTORY) -> list[str]:
    """Apply the `<version>_<name>.sql` files of `directory` that the database has not seen, in order of name.

    Each is a transaction of its own, and what it sets for the session is reset: a failing file leaves no trace.
    Returns the versions applied.
    """
    with psycopg.connect(connection_url, autocommit=True) as connection:
        connection.execute(RECORD)
        seen = {row[0] for row in connection.execute(SEEN)}
        pending = [path for path in sorted(directory.glob("*.sql")) if _version(path) not in seen]
        for path in pending:
            _apply_one(connection, path)
            connection.execute("reset all")
    return [_version(path) for path in pending]


def _version(path: Path) -> str:
    return path.stem.partition("_")[0]


def _apply_one(connection: psycopg.Connection, path: Path) -> None:
    record = "insert into supabase_migrations.schema_migrations (version, name) values (%s, %s)"
    with connection.transaction():
        try:
            connection.execute(path.read_bytes())
        except psycopg.Error as error:
            error.add_note(f"while applying {path.name}")
            raise
        connection.execute(record, (_version(path), path.stem.partition("_")[2]))
