"""The users of the project: rows of auth.users, their passwords, hashed by bcrypt, and their JSON."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Any, LiteralString
from uuid import UUID

import bcrypt
from psycopg import AsyncConnection, errors
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from infra.local.supabase_gateway.auth.requests import MAX_PASSWORD

Connection = AsyncConnection[DictRow]
BCRYPT_COST = 10  # GoTrue's


class EmailTakenError(Exception):
    """Another user has the address."""


async def by_email(connection: Connection, email: str) -> DictRow | None:
    cursor = await connection.execute("select * from auth.users where lower(email) = lower(%s)", (email,))
    return await cursor.fetchone()


async def by_id(connection: Connection, user_id: UUID) -> DictRow | None:
    cursor = await connection.execute("select * from auth.users where id = %s", (user_id,))
    return await cursor.fetchone()


async def page_of_all(connection: Connection, page: int, size: int) -> tuple[list[DictRow], int]:
    """A page of all users, the newest first and counted from 1; and how many there are."""
    cursor = await connection.execute(
        "select * from auth.users order by created_at desc, id limit %s offset %s", (size, (page - 1) * size)
    )
    rows = await cursor.fetchall()
    counted = await (await connection.execute("select count(*) from auth.users")).fetchone()
    return rows, counted["count"] if counted else 0


async def create(
    connection: Connection,
    email: str,
    encrypted_password: str | None,
    user_metadata: dict[str, Any],
    app_metadata: Mapping[str, Any] = MappingProxyType({}),
) -> DictRow:
    """Insert a user, whose address counts as confirmed; `EmailTakenError` if it is in use."""
    provided = {**app_metadata, "provider": "email", "providers": ["email"]}
    query = """
        insert into auth.users
          (id, email, encrypted_password, email_confirmed_at, raw_user_meta_data, raw_app_meta_data)
        values (gen_random_uuid(), %s, %s, now(), %s, %s)
        returning *
        """
    return await _written(connection, query, (email, encrypted_password, Jsonb(user_metadata), Jsonb(provided)))


async def update(
    connection: Connection,
    user: DictRow,
    email: str | None,
    encrypted_password: str | None,
    data: dict[str, Any],
    app_metadata: Mapping[str, Any] = MappingProxyType({}),
) -> DictRow:
    """Set what is given, and lay `data` and `app_metadata` over what there is; `EmailTakenError` as in `create`."""
    query = """
        update auth.users set email = coalesce(%s, email), encrypted_password = coalesce(%s, encrypted_password),
          raw_user_meta_data = %s, raw_app_meta_data = %s, updated_at = now()
        where id = %s returning *
        """
    laid = (_laid_over(user["raw_user_meta_data"], data), _laid_over(user["raw_app_meta_data"], app_metadata))
    return await _written(connection, query, (email, encrypted_password, *map(Jsonb, laid), user["id"]))


def _laid_over(metadata: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata with the changes, of which null takes away."""
    return {name: value for name, value in {**metadata, **changes}.items() if value is not None}


async def delete(connection: Connection, user_id: UUID) -> None:
    """Delete a user, and with it everything that refers to it on delete cascade."""
    await connection.execute("delete from auth.users where id = %s", (user_id,))


def as_json(user: DictRow) -> dict[str, object]:
    """The user as the API shows it; the password's hash stays here."""
    user_id, email, confirmed_at = str(user["id"]), user["email"], _timestamp(user["email_confirmed_at"])
    times = {name: _timestamp(user[name]) for name in ("created_at", "last_sign_in_at", "updated_at")}
    identity = {
        "identity_id": user_id,
        "id": user_id,
        "user_id": user_id,
        "identity_data": {"sub": user_id, "email": email, "email_verified": confirmed_at is not None},
        "provider": "email",
    }
    return {
        "id": user_id,
        "aud": user["aud"],
        "role": user["role"],
        "email": email,
        "email_confirmed_at": confirmed_at,
        "confirmed_at": confirmed_at,
        "phone": "",
        "app_metadata": user["raw_app_meta_data"],
        "user_metadata": user["raw_user_meta_data"],
        "identities": [identity | times] if email else [],
        "is_anonymous": False,
        **times,
    }


def _timestamp(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


async def _written(connection: Connection, query: LiteralString, values: Sequence[object]) -> DictRow:
    try:
        cursor = await connection.execute(query, values)
    except errors.UniqueViolation:
        raise EmailTakenError from None
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 - both statements return the row, whose user was seen in this transaction
    return row


async def hashed_password(password: str) -> str:
    """The hash to store; made, like every look at one, away from the event loop."""
    return await asyncio.to_thread(_hash, password)


async def password_matches(password: str, stored: str | None) -> bool:
    """Whether the password is the stored one. Takes as long when nothing is stored, so that time tells nothing."""
    attempt = password.encode()[:MAX_PASSWORD]
    same = await asyncio.to_thread(bcrypt.checkpw, attempt, (stored or _decoy()).encode())
    return same and stored is not None and len(password.encode()) <= MAX_PASSWORD


def _hash(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(BCRYPT_COST)).decode()


@cache
def _decoy() -> str:
    return _hash("nobody has this password")
