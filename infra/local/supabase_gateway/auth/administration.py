"""`/auth/v1/admin`: users as the service key makes, lists, changes and deletes them."""

from uuid import UUID

from psycopg.rows import DictRow
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.supabase_gateway.auth import requests, users
from infra.local.supabase_gateway.auth.requests import AuthError, not_implemented, validation_failed
from infra.local.supabase_gateway.auth.sessions import caller
from infra.local.supabase_gateway.auth.users import Connection
from infra.local.supabase_gateway.state import gateway_of

PAGE = 50  # users, GoTrue's default
EMAIL_TAKEN = "A user with this email address has already been registered"


async def list_users(request: Request) -> Response:
    _require_service_role(request)
    page, size = _number(request, "page", 1), _number(request, "per_page", PAGE)
    async with gateway_of(request).database.auth() as connection:
        rows, total = await users.page_of_all(connection, page, size)
    answer = {"users": [users.as_json(row) for row in rows], "aud": "authenticated"}
    return JSONResponse(answer, headers={"X-Total-Count": str(total)})


async def create_user(request: Request) -> Response:
    _require_service_role(request)
    wanted = await requests.NewUser.of(request)
    if not wanted.email_confirm:
        raise not_implemented("An address that is not confirmed")
    password = await users.hashed_password(wanted.password) if wanted.password else None
    metadata = (wanted.user_metadata, wanted.app_metadata)
    try:
        async with gateway_of(request).database.auth() as connection:
            return JSONResponse(users.as_json(await users.create(connection, wanted.email, password, *metadata)))
    except users.EmailTakenError:
        raise AuthError(422, "email_exists", EMAIL_TAKEN) from None


async def update_user(request: Request) -> Response:
    _require_service_role(request)
    wanted = await requests.ChangedUser.of(request)
    password = await users.hashed_password(wanted.password) if wanted.password else None
    metadata = (wanted.user_metadata, wanted.app_metadata)
    try:
        async with gateway_of(request).database.auth() as connection:
            user = await _named(request, connection)
            return JSONResponse(
                users.as_json(await users.update(connection, user, wanted.email, password, *metadata)),
            )
    except users.EmailTakenError:
        raise AuthError(422, "email_exists", EMAIL_TAKEN) from None


async def delete_user(request: Request) -> Response:
    """Delete a user, and with it whatever refers to it."""
    _require_service_role(request)
    if (await requests.Deletion.of(request)).should_soft_delete:
        raise not_implemented("Soft deletion")
    async with gateway_of(request).database.auth() as connection:
        await users.delete(connection, (await _named(request, connection))["id"])
    return JSONResponse({})


def _require_service_role(request: Request) -> None:
    if caller(request).role != "service_role":
        raise AuthError(403, "not_admin", "User not allowed")


async def _named(request: Request, connection: Connection) -> DictRow:
    """The user whose id the path has."""
    try:
        user = await users.by_id(connection, UUID(request.path_params["user_id"]))
    except ValueError:
        raise validation_failed("user_id must be an UUID") from None
    if user is None:
        raise AuthError(404, "user_not_found", "User not found")
    return user


def _number(request: Request, name: str, usual: int) -> int:
    given = request.query_params.get(name) or str(usual)
    if not given.isascii() or not given.isdigit() or not 0 < int(given) <= 1_000_000:
        raise validation_failed(f"Bad Pagination Parameters: {name}")
    return int(given)


ROUTES = [
    Route("/admin/users", list_users, methods=["GET"]),
    Route("/admin/users", create_user, methods=["POST"]),
    Route("/admin/users/{user_id}", update_user, methods=["PUT"]),
    Route("/admin/users/{user_id}", delete_user, methods=["DELETE"]),
]
