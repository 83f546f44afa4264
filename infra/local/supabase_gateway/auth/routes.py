"""`/auth/v1`: what Supabase Auth (GoTrue) answers, for users with an e-mail address and a password."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.supabase_gateway.auth import administration, requests, sessions, users
from infra.local.supabase_gateway.auth.requests import AuthError, not_implemented, validation_failed
from infra.local.supabase_gateway.auth.sessions import caller, current_user
from infra.local.supabase_gateway.state import gateway_of

JWKS_MAX_AGE = 600  # seconds, as on Supabase
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


async def sign_up(request: Request) -> Response:
    """Register and sign in: as with e-mail confirmation switched off, an address is confirmed at once."""
    caller(request)
    wanted = await requests.SignUp.of(request)
    password = await users.hashed_password(wanted.password)
    gateway = gateway_of(request)
    try:
        async with gateway.database.auth() as connection:
            user = await users.create(connection, wanted.email, password, wanted.data)
            return JSONResponse(await sessions.begin(gateway, connection, user))
    except users.EmailTakenError:
        raise AuthError(422, "user_already_exists", "User already registered") from None


async def token(request: Request) -> Response:
    """Sign in with a password, or refresh a session."""
    caller(request)
    grant_type = request.query_params.get("grant_type", "")
    if grant_type == "password":
        return JSONResponse(await _sign_in(request, await requests.Credentials.of(request)))
    if grant_type == "refresh_token":
        refresh_token = (await requests.Refresh.of(request)).refresh_token
        return JSONResponse(await sessions.refresh(gateway_of(request), refresh_token))
    raise not_implemented(f"The grant type {grant_type}")


async def get_user(request: Request) -> Response:
    async with gateway_of(request).database.auth() as connection:
        current = await current_user(request, connection)
    return JSONResponse(users.as_json(current.user))


async def update_user(request: Request) -> Response:
    """Change one's own address, password or metadata: at once, as with e-mail confirmation switched off."""
    caller(request)
    wanted = await requests.Changes.of(request)
    async with gateway_of(request).database.auth() as connection:
        current = await current_user(request, connection)
        if wanted.password and await users.password_matches(wanted.password, current.user["encrypted_password"]):
            raise AuthError(422, "same_password", "New password should be different from the old password.")
        password = await users.hashed_password(wanted.password) if wanted.password else None
        try:
            user = await users.update(connection, current.user, wanted.email, password, wanted.data)
        except users.EmailTakenError:
            message = "A user with this email address has already been registered"
            raise AuthError(422, "email_exists", message) from None
        if password:
            await sessions.end(connection, current, "others")
    return JSONResponse(users.as_json(user))


async def logout(request: Request) -> Response:
    scope = request.query_params.get("scope", "global")
    if scope not in sessions.ENDED_BY_SCOPE:
        raise validation_failed(f'Unsupported logout scope "{scope}"')
    async with gateway_of(request).database.auth() as connection:
        current = await current_user(request, connection)
        await sessions.end(connection, current, scope)
    return Response(status_code=204)


async def jwks(request: Request) -> Response:
    """The key that verifies tokens; public, so no API key is asked for."""
    headers = {"Cache-Control": f"public, max-age={JWKS_MAX_AGE}"}
    return JSONResponse({"keys": [gateway_of(request).keys.public_jwk]}, headers=headers)


async def everything_else(request: Request) -> Response:
    """The rest of GoTrue."""
    caller(request)
    raise not_implemented(f"{request.method} {request.url.path}")


async def _sign_in(request: Request, given: requests.Credentials) -> dict[str, object]:
    gateway = gateway_of(request)
    async with gateway.database.auth() as connection:
        user = await users.by_email(connection, given.email)
    if not await users.password_matches(given.password, user["encrypted_password"] if user else None) or user is None:
        # One answer for a wrong password and an unknown address, so that neither can be told from the other.
        raise AuthError(400, "invalid_credentials", "Invalid login credentials")
    async with gateway.database.auth() as connection:
        return await sessions.begin(gateway, connection, user)


ROUTES = [
    Route("/signup", sign_up, methods=["POST"]),
    Route("/token", token, methods=["POST"]),
    Route("/user", get_user, methods=["GET"]),
    Route("/user", update_user, methods=["PUT"]),
    Route("/logout", logout, methods=["POST"]),
    Route("/.well-known/jwks.json", jwks),
    *administration.ROUTES,
    Route("/{path:path}", everything_else, methods=METHODS),
]
