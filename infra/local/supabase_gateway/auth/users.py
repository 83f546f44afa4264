"""The users of the project: rows of auth.users, and their JSON."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, errors
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

Connection = AsyncConnection[DictRow]


class EmailTakenError(Exception):
    """Another user has the address."""


async def by_email(connection: Connection, email: str) -> DictRow | None:
    """The user with that address."""
    cursor = await connection.execute("select * from auth.users where lower(email) = lower(%s)", (email,))
    return await cursor.fetchone()


async def by_id(connection: Connection, user_id: UUID) -> DictRow | None:
    """The user with that id."""
    cursor = await connection.execute("select * from auth.users where id = %s", (user_id,))
    return await cursor.fetchone()


async def create(connection: Connection, email: str, encrypted_password: str, user_metadata: dict[str, Any]) -> DictRow:
    """Insert a user, whose address counts as confirmed; `EmailTakenError` if it is in use."""
    provided = {"provider": "email", "providers": ["email"]}
    try:
        cursor = await connection.execute(
            """
            insert into auth.users
              (id, email, encrypted_password, email_confirmed_at, raw_user_meta_data, raw_app_meta_data)
            values (gen_random_uuid(), %s, %s, now(), %s, %s)
            returning *
            """,
            (email, encrypted_password, Jsonb(user_metadata), Jsonb(provided)),
        )
    except errors.UniqueViolation:
        raise EmailTakenError from None
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 - an insert returns its row
    return row


async def delete(connection: Connection, user_id: UUID) -> bool:
    """Delete a user, and with it everything that refers to it on delete cascade."""
    cursor = await connection.execute("delete from auth.users where id = %s", (user_id,))
    return cursor.rowcount == 1


def as_json(user: DictRow) -> dict[str, object]:
    """The user as the API shows it; the password's hash stays here."""
    identity = {
        "identity_id": str(user["id"]),
        "id": str(user["id"]),
        "user_id": str(user["id"]),
        "identity_data": {
            "sub": str(user["id"]),
            "email": user["email"],
            "email_verified": user["email_confirmed_at"] is not None,
        },
        "provider": "email",
        "created_at": _timestamp(user["created_at"]),
        "last_sign_in_at": _timestamp(user["last_sign_in_at"]),
        "updated_at": _timestamp(user["updated_at"]),
    }
    return {
        "id": str(user["id"]),
        "aud": user["aud"],
        "role": user["role"],
        "email": user["email"],
        "email_confirmed_at": _timestamp(user["email_confirmed_at"]),
        "confirmed_at": _timestamp(user["email_confirmed_at"]),
        "phone": "",
        "last_sign_in_at": _timestamp(user["last_sign_in_at"]),
        "app_metadata": user["raw_app_meta_data"],
        "user_metadata": user["raw_user_meta_data"],
        "identities": [identity] if user["email"] else [],
        "created_at": _timestamp(user["created_at"]),
        "updated_at": _timestamp(user["updated_at"]),
        "is_anonymous": False,
    }


def _timestamp(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
