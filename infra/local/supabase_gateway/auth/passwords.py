"""Password hashes, by bcrypt, away from the event loop."""

import asyncio
from functools import cache

import bcrypt

from infra.local.supabase_gateway.auth import errors

COST = 10  # GoTrue's
SHORTEST = 6  # characters, Supabase's default
LONGEST = 72  # bytes; bcrypt sees no more


async def hashed(password: str) -> str:
    """The hash to store; `AuthError` for a password that is too short or too long."""
    if len(password) < SHORTEST:
        raise errors.weak_password(f"Password should be at least {SHORTEST} characters.")
    if len(password.encode()) > LONGEST:
        raise errors.validation_failed(f"Password cannot be longer than {LONGEST} characters")
    return await asyncio.to_thread(_hash, password)


async def matches(password: str, stored: str | None) -> bool:
    """Whether the password is the stored one. Takes as long when nothing is stored, so that time tells nothing."""
    attempt = password.encode()[:LONGEST]
    same = await asyncio.to_thread(bcrypt.checkpw, attempt, (stored or _decoy()).encode())
    return same and stored is not None and len(password.encode()) <= LONGEST


def _hash(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(COST)).decode()


@cache
def _decoy() -> str:
    return _hash("nobody has this password")
