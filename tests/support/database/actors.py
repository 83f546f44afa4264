"""The four who meet the database: owner, stranger, anonymous, service. Each acts in a transaction that is undone."""

import contextlib
import json
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg

Connection = psycopg.Connection[tuple[Any, ...]]


def add_user(connection: Connection) -> uuid.UUID:
    """A new row of auth.users."""
    user_id = uuid.uuid4()
    connection.execute("insert into auth.users (id, email) values (%s, %s)", (user_id, f"{user_id}@example.com"))
    return user_id


@contextlib.contextmanager
def acting_as(connection: Connection, role: str, user_id: uuid.UUID | None = None) -> Iterator[Connection]:
    """The connection with the role and claims that PostgREST sets for a token; all that is done is rolled back."""
    claims = {"role": role, "sub": str(user_id)} if user_id else {"role": role}
    with connection.transaction(force_rollback=True):
        connection.execute("select set_config('request.jwt.claims', %s, true)", (json.dumps(claims),))
        connection.execute(f"set local role {role}")
        yield connection


def allowed(connection: Connection, statement: str, *arguments: Any) -> bool:
    """Whether the statement runs and touches a row; what it did is undone."""
    try:
        with connection.transaction(force_rollback=True):
            return connection.execute(statement, arguments).rowcount > 0
    except psycopg.errors.InsufficientPrivilege:
        return False
