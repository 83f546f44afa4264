"""Fixtures of a real database, and of the Supabase gateway: one server per test process, one database per test."""

import asyncio
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import settings

from infra.local.postgres import migrations, prelude
from infra.local.postgres.server import SUPERUSER, PostgresServer
from infra.local.supabase_gateway.keys import Keys
from tests.support.contract_events import check_stored_events
from tests.support.gateway import Served, served_in_background

pytest_plugins = ["tests.support.e2e.cloud"]

# How long an example takes depends on what else the machine does.
settings.register_profile("hercules", deadline=None)
settings.load_profile("hercules")


@pytest.fixture(autouse=True)
def loop_of_the_process() -> Iterator[None]:
    """Mangum runs on the process's event loop, which Lambda never closes; a test process has to."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres_server: PostgresServer) -> str:
    """The name of a database with all migrations applied, to be copied and never written to."""
    name = "migrated"
    postgres_server.create_database(name)
    prelude.apply(postgres_server.url(name, SUPERUSER))
    migrations.apply(postgres_server.url(name))
    return name


@pytest.fixture
def database_url(postgres_server: PostgresServer, template: str) -> Iterator[str]:
    """A migrated database of the test's own, as `postgres`: owner of the tables, above row security.

    Whatever events there are in the end are as the contract says.
    """
    name = f"test_{uuid.uuid4().hex}"
    url = postgres_server.create_database(name, template)
    yield url
    with psycopg.connect(url) as connection:
        check_stored_events(connection, made_up=True)
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def gateway_keys() -> Keys:
    return Keys.generate()


@pytest.fixture
def gateway(database_url: str, gateway_keys: Keys) -> Iterator[Served]:
    """The Supabase gateway over HTTP, in front of the test's own database."""
    with served_in_background(database_url, gateway_keys) as served:
        yield served
