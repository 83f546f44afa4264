"""A cloud's Supabase that goes on with the data of last time, and says when it cannot."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from infra.local.cloud import schema
from infra.local.cloud.place import Place, Ports, SettingsError
from infra.local.cloud.services import Supabase, supabase
from infra.local.postgres import migrations
from infra.local.processes import HOST

PERSON = {"email": "ada@example.com", "password": "correct horse"}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path, Ports.free(), HOST, kept=True)
    yield place
    place.reset()


def auth(project: Supabase, path: str) -> httpx.Response:
    return httpx.post(f"{project.url}/auth/v1/{path}", json=PERSON, headers={"apikey": project.anon_key})


def test_users_keys_and_addresses_are_those_of_last_time(place: Place, tmp_path: Path) -> None:
    with supabase(place, tmp_path, {}) as first:
        auth(first, "signup").raise_for_status()
    with supabase(place, tmp_path, {}) as second:
        assert second == first
        assert auth(second, "token?grant_type=password").status_code == 200


def test_new_migrations_are_applied_to_kept_data(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "migrations"
    directory.mkdir()
    for path in migrations.DIRECTORY.glob("*.sql"):
        (directory / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(migrations.apply, "__defaults__", (directory,))
    monkeypatch.setattr(migrations, "DIRECTORY", directory)
    with supabase(place, tmp_path, {}):
        pass
    (directory / "20991231000000_more.sql").write_text("create table public.more ();")

    with supabase(place, tmp_path, {}) as project, psycopg.connect(project.database_url) as connection:
        assert project.migrations == 1
        connection.execute("select from public.more")


def test_data_of_another_schema_are_left_alone_and_it_is_said_what_to_do(place: Place, tmp_path: Path) -> None:
    with supabase(place, tmp_path, {}) as project:
        auth(project, "signup").raise_for_status()
    record = tmp_path / "schema.json"
    recorded = record.read_text()
    record.write_text(json.dumps({**json.loads(recorded), "20200101000000_older.sql": "another"}))

    with (
        pytest.raises(SettingsError, match=r"20200101000000_older\.sql(.|\n)*make reset"),
        supabase(place, tmp_path, {}),
    ):
        pass
    record.write_text(recorded)
    with supabase(place, tmp_path, {}) as project:
        assert auth(project, "token?grant_type=password").status_code == 200


def test_what_a_first_start_left_unfinished_is_made_anew(place: Place) -> None:
    assert place.database
    place.database.mkdir()
    (place.database / "PG_VERSION").write_text("18")
    schema.check(place)

    assert not place.database.exists()
