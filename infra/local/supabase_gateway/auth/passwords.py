"""Password hashes, by bcrypt, away from the event loop."""

import asyncio
from functools import cache

import bcrypt

from infra.local.supabase_gateway.auth.requests import MAX_PASSWORD

COST = 10  # GoTrue's


async def hashed(password: str) -> str:
    """The hash to store."""
    return await asyncio.to_thread(_hash, password)


async def matches(password: str, stored: str | None) -> bool:
    """Whether the password is the stored one. Takes as long when nothing is stored, so that time tells nothing."""
    attempt = password.encode()[:MAX_PASSWORD]
    same = await asyncio.to_thread(bcrypt.checkpw, attempt, (stored or _decoy()).encode())
    return same and stored is not None and len(password.encode()) <= MAX_PASSWORD


def _hash(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(COST)).decode()


@cache
def _decoy() -> str:
    return _hash("nobody has this password")
