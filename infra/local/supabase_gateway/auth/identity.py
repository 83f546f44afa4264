"""Who calls the auth server."""

from psycopg.rows import DictRow
from starlette.requests import Request

from infra.local.supabase_gateway import claims
from infra.local.supabase_gateway.auth import sessions, users
from infra.local.supabase_gateway.auth.errors import AuthError
from infra.local.supabase_gateway.auth.users import Connection
from infra.local.supabase_gateway.claims import Caller, TokenRefused
from infra.local.supabase_gateway.state import gateway_of


def caller(request: Request) -> Caller:
    """The caller by API key or token; `AuthError` for a token that is refused."""
    try:
        return claims.caller(request, gateway_of(request).keys)
    except TokenRefused as refused:
        message = f"invalid JWT: unable to parse or verify signature, {refused.message}"
        raise AuthError(403, "bad_jwt", message) from None


def require_service_role(request: Request) -> None:
    """Refuse everyone but the service role."""
    if caller(request).role != "service_role":
        raise AuthError(403, "not_admin", "User not allowed")


async def current_user(request: Request, connection: Connection) -> tuple[DictRow, Caller]:
    """The user whose token the request has, if the user and the session still exist."""
    found = caller(request)
    if claims.bearer_token(request) is None:
        raise AuthError(401, "no_authorization", "This endpoint requires a valid Bearer token")
    if found.subject is None:
        raise AuthError(403, "bad_jwt", "invalid claim: missing sub claim")
    user = await users.by_id(connection, found.subject)
    if user is None:
        raise AuthError(403, "user_not_found", "User from sub claim in JWT does not exist")
    if not await sessions.exists(connection, str(found.claims.get("session_id"))):
        raise AuthError(403, "session_not_found", "Session from session_id claim in JWT does not exist")
    return user, found
