"""A connection to the migrated database, as its owner."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from infra.local.postgres.server import PostgresServer
from tests.support.contract_events import check_stored_events


@pytest.fixture(scope="session")
def shared_connection(postgres_server: PostgresServer, template: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    url = postgres_server.create_database("shared", template)
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def connection(
    shared_connection: psycopg.Connection[tuple[Any, ...]],
) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """In a transaction that is undone. A test that needs several connections takes `database_url` instead.

    Whatever events it has made are as the contract says.
    """
    with shared_connection.transaction(force_rollback=True):
        yield shared_connection
        check_stored_events(shared_connection, made_up=True)
