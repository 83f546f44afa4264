"""How a database comes to have the project's schema: a prelude that stands in for Supabase, then the migrations."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra.local.postgres import migrations, prelude
from infra.local.postgres.server import SUPERUSER, PostgresServer


@pytest.fixture
def bare_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A database with the prelude and nothing else."""
    name = f"bare_{uuid.uuid4().hex}"
    url = postgres_server.create_database(name)
    prelude.apply(postgres_server.url(name, SUPERUSER))
    yield url
    postgres_server.drop_database(name)


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name.removeprefix('v')}.sql").write_text(text)


def recorded(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        query = "select version, name from supabase_migrations.schema_migrations order by version"
        return connection.execute(query).fetchall()


def test_files_are_applied_in_order_of_name_and_recorded(bare_url: str, tmp_path: Path) -> None:
    write(
        tmp_path, v2_second_step="alter table t add b int; create index on t (b);", v1_first="create table t (a int);"
    )
    assert migrations.apply(bare_url, tmp_path) == ["1", "2"]
    assert recorded(bare_url) == [("1", "first"), ("2", "second_step")]


def test_what_was_applied_is_not_applied_again(bare_url: str, tmp_path: Path) -> None:
    write(tmp_path, v1_first="create table t (a int);")
    migrations.apply(bare_url, tmp_path)
    write(tmp_path, v2_second="create table u (a int);")
    assert migrations.apply(bare_url, tmp_path) == ["2"]
    assert migrations.apply(bare_url, tmp_path) == []


def test_what_a_file_sets_for_its_session_does_not_reach_the_next(bare_url: str, tmp_path: Path) -> None:
    forward = "create function f() returns int language sql as 'select g()';"
    write(
        tmp_path, v1_unchecked=f"set check_function_bodies = off; {forward}", v2_checked=forward.replace("f()", "h()")
    )
    with pytest.raises(psycopg.errors.UndefinedFunction) as failed:
        migrations.apply(bare_url, tmp_path)
    assert failed.value.__notes__ == ["while applying 2_checked.sql"]


def test_a_failing_file_leaves_no_trace_and_is_named(bare_url: str, tmp_path: Path) -> None:
    write(tmp_path, v1_good="create table t (a int);", v2_bad="create table u (a int); select 1 / 0;")
    with pytest.raises(psycopg.errors.DivisionByZero) as failed:
        migrations.apply(bare_url, tmp_path)
    assert failed.value.__notes__ == ["while applying 2_bad.sql"]
    assert recorded(bare_url) == [("1", "good")]
    write(tmp_path, v2_bad="create table u (a int);")
    assert migrations.apply(bare_url, tmp_path) == ["2"]


def test_a_file_that_cannot_be_recorded_is_undone(bare_url: str, tmp_path: Path) -> None:
    write(tmp_path, v1_a="create table t (a int);", v1_b="create table u (a int);")
    with pytest.raises(psycopg.errors.UniqueViolation):
        migrations.apply(bare_url, tmp_path)
    with psycopg.connect(bare_url) as connection:
        row = connection.execute("select to_regclass('t') is not null, to_regclass('u') is not null").fetchone()
    assert row == (True, False)


def test_a_new_table_is_open_to_the_api_until_a_migration_closes_it(bare_url: str) -> None:
    with psycopg.connect(bare_url) as connection:
        connection.execute("create table t (a int); create function f() returns int language sql return 1;")
        query = """
            select role, has_table_privilege(role, 't', 'select, insert, update, delete'),
              has_function_privilege(role, 'f()', 'execute')
            from unnest(array['anon', 'authenticated', 'service_role']) as role
        """
        assert connection.execute(query).fetchall() == [
            ("anon", True, True),
            ("authenticated", True, True),
            ("service_role", True, True),
        ]


def test_claims_are_read_from_the_request_and_absent_without_one(bare_url: str) -> None:
    user_id = uuid.uuid4()
    query = "select auth.uid(), auth.role(), auth.email(), auth.jwt() ->> 'plan'"
    with psycopg.connect(bare_url, autocommit=True) as connection:
        assert connection.execute(query).fetchone() == (None, None, None, None)
        with connection.transaction():
            claims = f'{{"sub": "{user_id}", "role": "authenticated", "email": "a@b.c", "plan": "gold"}}'
            connection.execute("select set_config('request.jwt.claims', %s, true)", (claims,))
            assert connection.execute(query).fetchone() == (user_id, "authenticated", "a@b.c", "gold")
        # After the transaction the setting is an empty string instead of nothing.
        assert connection.execute(query).fetchone() == (None, None, None, None)


def test_the_login_role_of_the_api_can_do_nothing_by_itself(postgres_server: PostgresServer, bare_url: str) -> None:
    name = bare_url.rpartition("/")[2]
    with psycopg.connect(bare_url) as connection:
        connection.execute("create table t (a int)")
    with psycopg.connect(postgres_server.url(name, "authenticator")) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from t")
        connection.rollback()
        connection.execute("set role anon")
        assert connection.execute("select * from t").fetchall() == []
