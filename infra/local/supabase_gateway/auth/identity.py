"""Who calls the auth server."""

from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import DictRow
from starlette.requests import Request

from infra.local.supabase_gateway import claims
from infra.local.supabase_gateway.auth import sessions, users
from infra.local.supabase_gateway.auth.errors import AuthError
from infra.local.supabase_gateway.auth.users import Connection
from infra.local.supabase_gateway.claims import Caller, TokenRefusedError
from infra.local.supabase_gateway.state import gateway_of


@dataclass(frozen=True)
class Current:
    """A signed-in user, and the session of the token."""

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
    user_id = _uuid(found.claims.get("sub"))
    if user_id is None:
        raise AuthError(403, "bad_jwt", "invalid claim: missing sub claim")
    user = await users.by_id(connection, user_id)
    if user is None:
        raise AuthError(403, "user_not_found", "User from sub claim in JWT does not exist")
    # As in GoTrue, a token without a session is not bound to one.
    session_id = _uuid(found.claims.get("session_id"))
    if session_id and not await sessions.exists(connection, session_id):
        raise AuthError(403, "session_not_found", "Session from session_id claim in JWT does not exist")
    return Current(user, session_id)


def _uuid(claim: object) -> UUID | None:
    try:
        return UUID(str(claim))
    except ValueError:
        return None
