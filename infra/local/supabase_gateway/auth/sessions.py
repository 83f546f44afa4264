"""Sessions: an access token that lives an hour, and a refresh token that can be used once to get the next pair."""

import hashlib
import secrets
import time
from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import DictRow
from starlette.requests import Request

from infra.local.supabase_gateway import claims
from infra.local.supabase_gateway.auth import users
from infra.local.supabase_gateway.auth.requests import AuthError
from infra.local.supabase_gateway.auth.users import Connection
from infra.local.supabase_gateway.claims import AUDIENCE, Caller, TokenRefusedError
from infra.local.supabase_gateway.state import Gateway, gateway_of

LIFETIME = 3600  # seconds; Supabase's default
ENDED_BY_SCOPE = {"local": "id = %(session)s", "global": "true", "others": "id is distinct from %(session)s"}


@dataclass(frozen=True)
class Current:
    """A signed-in user, and the session of the token; None for a token that, as in GoTrue, is not bound to one."""

    user: DictRow
    session_id: UUID | None


def caller(request: Request) -> Caller:
    """The caller by API key or token; `AuthError` for a token that is refused."""
    try:
        return claims.caller(request, gateway_of(request).keys)
    except TokenRefusedError as refused:
        message = f"invalid JWT: unable to parse or verify signature, {refused.message}"
        raise AuthError(403, "bad_jwt", message) from None


async def current_user(request: Request, connection: Connection) -> Current:
    """The user whose token the request has, if the user and the session still exist."""
    found = caller(request)
    if claims.bearer_token(request) is None:
        raise AuthError(401, "no_authorization", "This endpoint requires a valid Bearer token")
    user_id, session_id = _uuid(found.claims.get("sub")), _uuid(found.claims.get("session_id"))
    if user_id is None:
        raise AuthError(403, "bad_jwt", "invalid claim: missing sub claim")
    user = await users.by_id(connection, user_id)
    if user is None:
        raise AuthError(403, "user_not_found", "User from sub claim in JWT does not exist")
    if session_id:
        session = await connection.execute("select from auth.sessions where id = %s", (session_id,))
        if not session.rowcount:
            raise AuthError(403, "session_not_found", "Session from session_id claim in JWT does not exist")
    return Current(user, session_id)


async def begin(gateway: Gateway, connection: Connection, user: DictRow) -> dict[str, object]:
    """Start a session of a user who has just proved who they are; returns its JSON."""
    cursor = await connection.execute(
        """
        with signed_in as (update auth.users set last_sign_in_at = now() where id = %(user_id)s)
        insert into auth.sessions (user_id) values (%(user_id)s) returning id
        """,
        {"user_id": user["id"]},
    )
    session = await cursor.fetchone()
    assert session is not None  # noqa: S101 - an insert returns its row
    signed_in = await users.by_id(connection, user["id"])
    return await _issue(gateway, connection, signed_in or user, session["id"])


async def refresh(gateway: Gateway, refresh_token: str) -> dict[str, object]:
    """Exchange a refresh token for the next pair.

    A second use is refused, and revokes the session's newest token too: one of the two who used it must have stolen it.
    """
    async with gateway.database.auth() as connection:
        cursor = await connection.execute(
            "update auth.refresh_tokens set revoked = true where token_hash = %s and not revoked returning session_id",
            (_hash(refresh_token),),
        )
        used = await cursor.fetchone()
        if used:
            return await _continue(gateway, connection, used["session_id"])
        known = await _revoke_session_of(connection, refresh_token)
    if known:
        raise AuthError(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")
    raise AuthError(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")


async def end(connection: Connection, current: Current, scope: str) -> None:
    """Sign out: this session (`local`), all of the user's (`global`), or all but this one (`others`)."""
    await connection.execute(
        f"delete from auth.sessions where user_id = %(user)s and {ENDED_BY_SCOPE[scope]}",  # noqa: S608 - our own words
        {"user": current.user["id"], "session": current.session_id},
    )


async def _continue(gateway: Gateway, connection: Connection, session_id: UUID) -> dict[str, object]:
    cursor = await connection.execute(
        """
        update auth.sessions set refreshed_at = now() from auth.users
        where sessions.id = %s and users.id = sessions.user_id returning users.*
        """,
        (session_id,),
    )
    user = await cursor.fetchone()
    assert user is not None  # noqa: S101 - the token refers to the session, and the session to the user
    return await _issue(gateway, connection, user, session_id)


async def _revoke_session_of(connection: Connection, refresh_token: str) -> bool:
    cursor = await connection.execute(
        "update auth.refresh_tokens set revoked = true where session_id ="
        " (select session_id from auth.refresh_tokens where token_hash = %s)",
        (_hash(refresh_token),),
    )
    return cursor.rowcount > 0


async def _issue(gateway: Gateway, connection: Connection, user: DictRow, session_id: UUID) -> dict[str, object]:
    refresh_token = secrets.token_urlsafe(32)
    await connection.execute(
        "insert into auth.refresh_tokens (token_hash, session_id) values (%s, %s)",
        (_hash(refresh_token), session_id),
    )
    now = int(time.time())
    return {
        "access_token": gateway.keys.sign(_claims(gateway, user, session_id, now)),
        "token_type": "bearer",
        "expires_in": LIFETIME,
        "expires_at": now + LIFETIME,
        "refresh_token": refresh_token,
        "user": users.as_json(user),
    }


def _claims(gateway: Gateway, user: DictRow, session_id: UUID, now: int) -> dict[str, object]:
    return {
        "iss": f"{gateway.public_url}/auth/v1",
        "sub": str(user["id"]),
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + LIFETIME,
        "email": user["email"],
        "phone": "",
        "app_metadata": user["raw_app_meta_data"],
        "user_metadata": user["raw_user_meta_data"],
        "role": user["role"],
        "aal": "aal1",
        "amr": [{"method": "password", "timestamp": now}],
        "session_id": str(session_id),
        "is_anonymous": False,
    }


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _uuid(claim: object) -> UUID | None:
    try:
        return UUID(str(claim))
    except ValueError:
        return None
