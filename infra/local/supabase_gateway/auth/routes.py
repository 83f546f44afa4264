"""`/auth/v1`: what Supabase Auth (GoTrue) answers, for users with an e-mail address and a password."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.supabase_gateway.auth import admin, errors, passwords, sessions, users
from infra.local.supabase_gateway.auth.bodies import Credentials, Refresh, SignUp, UserChanges
from infra.local.supabase_gateway.auth.errors import AuthError
from infra.local.supabase_gateway.auth.identity import caller, current_user
from infra.local.supabase_gateway.state import gateway_of

JWKS_MAX_AGE = 600  # seconds, as on Supabase
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


async def sign_up(request: Request) -> Response:
    """Register and sign in: as with e-mail confirmation switched off, an address is confirmed at once."""
    caller(request)
    wanted = await SignUp.of(request)
    password = await passwords.hashed(wanted.password)
    gateway = gateway_of(request)
    try:
        async with gateway.database.auth() as connection:
            user = await users.create(
                connection,
                email=wanted.email,
                encrypted_password=password,
                confirmed=True,
                user_metadata=wanted.data,
            )
            return JSONResponse(await sessions.begin(gateway, connection, user))
    except users.EmailTakenError:
        raise AuthError(422, "user_already_exists", "User already registered") from None


async def token(request: Request) -> Response:
    """Sign in with a password, or refresh a session."""
    caller(request)
    grant_type = request.query_params.get("grant_type", "")
    if grant_type == "password":
        return JSONResponse(await _sign_in(request, await Credentials.of(request)))
    if grant_type == "refresh_token":
        refresh_token = (await Refresh.of(request)).refresh_token
        return JSONResponse(await sessions.refresh(gateway_of(request), refresh_token))
    raise errors.not_implemented(f"The grant type {grant_type}")


async def get_user(request: Request) -> Response:
    """The user whose token this is."""
    async with gateway_of(request).database.auth() as connection:
        current = await current_user(request, connection)
    return JSONResponse(users.as_json(current.user))


async def update_user(request: Request) -> Response:
    """Change one's password or metadata. A new password ends the user's other sessions."""
    wanted = await UserChanges.of(request)
    if wanted.email is not None:
        raise errors.not_implemented("Changing an address")
    gateway = gateway_of(request)
    async with gateway.database.auth() as connection:
        stored = (await current_user(request, connection)).user["encrypted_password"]
    encrypted = await _new_password(wanted.password, stored) if wanted.password is not None else None
    async with gateway.database.auth() as connection:
        # Looked up again: hashing took a while, in which the session may have been ended.
        current = await current_user(request, connection)
        user_id = current.user["id"]
        changed = await users.update(connection, user_id, encrypted_password=encrypted, user_metadata=wanted.data)
        if encrypted:
            await sessions.end(connection, user_id, current.session_id, "others")
    return JSONResponse(users.as_json(changed or current.user))


async def logout(request: Request) -> Response:
    """Sign out."""
    scope = request.query_params.get("scope", "global")
    if scope not in ("global", "local", "others"):
        raise errors.validation_failed(f'Unsupported logout scope "{scope}"')
    async with gateway_of(request).database.auth() as connection:
        current = await current_user(request, connection)
        await sessions.end(connection, current.user["id"], current.session_id, scope)
    return Response(status_code=204)


async def jwks(request: Request) -> Response:
    """The key that verifies tokens; public, so no API key is asked for."""
    headers = {"Cache-Control": f"public, max-age={JWKS_MAX_AGE}"}
    return JSONResponse({"keys": [gateway_of(request).keys.public_jwk]}, headers=headers)


async def health(request: Request) -> Response:
    """Says that the auth server runs."""
    caller(request)
    description = "GoTrue is a user registration and authentication API"
    return JSONResponse({"name": "GoTrue", "version": "local", "description": description})


async def settings(request: Request) -> Response:
    """Which ways of signing in there are."""
    caller(request)
    content = {
        "external": {"email": True, "phone": False, "anonymous_users": False},
        "disable_signup": False,
        "mailer_autoconfirm": True,
        "phone_autoconfirm": False,
    }
    return JSONResponse(content)


async def everything_else(request: Request) -> Response:
    """The rest of GoTrue."""
    caller(request)
    raise errors.not_implemented(f"{request.method} {request.url.path}")


async def _sign_in(request: Request, given: Credentials) -> dict[str, object]:
    gateway = gateway_of(request)
    async with gateway.database.auth() as connection:
        user = await users.by_email(connection, given.email)
    if not await passwords.matches(given.password, user["encrypted_password"] if user else None) or user is None:
        raise errors.invalid_credentials()
    if user["email_confirmed_at"] is None:
        raise AuthError(400, "email_not_confirmed", "Email not confirmed")
    if users.is_banned(user):
        raise AuthError(400, "user_banned", "User is banned")
    async with gateway.database.auth() as connection:
        return await sessions.begin(gateway, connection, user)


async def _new_password(password: str, stored: str | None) -> str:
    if await passwords.matches(password, stored):
        raise AuthError(422, "same_password", "New password should be different from the old password.")
    return await passwords.hashed(password)


ROUTES = [
    Route("/signup", sign_up, methods=["POST"]),
    Route("/token", token, methods=["POST"]),
    Route("/user", get_user, methods=["GET"]),
    Route("/user", update_user, methods=["PUT"]),
    Route("/logout", logout, methods=["POST"]),
    Route("/.well-known/jwks.json", jwks),
    Route("/health", health),
    Route("/settings", settings),
    *admin.ROUTES,
    Route("/{path:path}", everything_else, methods=METHODS),
]
