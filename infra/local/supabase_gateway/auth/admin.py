"""`/auth/v1/admin/users`: users as the service role manages them."""

import re
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.supabase_gateway.auth import errors, passwords, users
from infra.local.supabase_gateway.auth.bodies import AdminUser, Deletion
from infra.local.supabase_gateway.auth.errors import AuthError
from infra.local.supabase_gateway.auth.identity import require_service_role
from infra.local.supabase_gateway.state import gateway_of

PAGE_SIZE = 50
LARGEST_PAGE = 1000


async def create_user(request: Request) -> Response:
    """Make a user, confirmed at once if so wished."""
    require_service_role(request)
    wanted = await AdminUser.of(request)
    _refuse_unsupported(wanted)
    if wanted.email is None:
        raise errors.validation_failed("Cannot create a user without either an email or phone")
    password = await passwords.hashed(wanted.password) if wanted.password else None
    try:
        async with gateway_of(request).database.auth() as connection:
            user = await users.create(
                connection,
                email=wanted.email,
                encrypted_password=password,
                confirmed=wanted.email_confirm,
                user_metadata=wanted.user_metadata or {},
                app_metadata=wanted.app_metadata,
                user_id=wanted.id,
            )
    except users.EmailTakenError:
        message = "A user with this email address has already been registered"
        raise AuthError(422, "email_exists", message) from None
    return JSONResponse(users.as_json(user))


async def list_users(request: Request) -> Response:
    """A page of users."""
    require_service_role(request)
    number = _number(request, "page", default=1, largest=10**9)
    size = _number(request, "per_page", default=PAGE_SIZE, largest=LARGEST_PAGE)
    async with gateway_of(request).database.auth() as connection:
        found, total = await users.page(connection, number, size)
    content = {"users": [users.as_json(user) for user in found], "aud": "authenticated"}
    return JSONResponse(content, headers={"X-Total-Count": str(total)})


async def get_user(request: Request) -> Response:
    """One user."""
    require_service_role(request)
    async with gateway_of(request).database.auth() as connection:
        user = await users.by_id(connection, _user_id(request))
    if user is None:
        raise errors.user_not_found()
    return JSONResponse(users.as_json(user))


async def update_user(request: Request) -> Response:
    """Change a user's password, confirmation or metadata."""
    require_service_role(request)
    wanted = await AdminUser.of(request)
    _refuse_unsupported(wanted)
    if wanted.email is not None:
        raise errors.not_implemented("Changing an address")
    password = await passwords.hashed(wanted.password) if wanted.password else None
    async with gateway_of(request).database.auth() as connection:
        user = await users.update(
            connection,
            _user_id(request),
            encrypted_password=password,
            confirmed=wanted.email_confirm,
            user_metadata=wanted.user_metadata,
            app_metadata=wanted.app_metadata,
        )
    if user is None:
        raise errors.user_not_found()
    return JSONResponse(users.as_json(user))


async def delete_user(request: Request) -> Response:
    """Delete a user, and with it whatever refers to it."""
    require_service_role(request)
    if (await Deletion.of(request)).should_soft_delete:
        raise errors.not_implemented("Soft deletion")
    async with gateway_of(request).database.auth() as connection:
        if not await users.delete(connection, _user_id(request)):
            raise errors.user_not_found()
    return JSONResponse({})


def _refuse_unsupported(wanted: AdminUser) -> None:
    if wanted.ban_duration not in (None, "none"):
        raise errors.not_implemented("Banning users")
    if wanted.role not in (None, "authenticated"):
        raise errors.not_implemented("Another role than authenticated")


def _user_id(request: Request) -> UUID:
    try:
        return UUID(request.path_params["user_id"])
    except ValueError:
        raise errors.validation_failed("user_id must be an UUID") from None


def _number(request: Request, name: str, *, default: int, largest: int) -> int:
    text = request.query_params.get(name) or str(default)  # clients send an empty value for "not given"
    if not re.fullmatch(r"\d{1,9}", text) or not 1 <= int(text) <= largest:
        raise errors.validation_failed(f"{name} must be a number from 1 to {largest}")
    return int(text)


ROUTES = [
    Route("/admin/users", create_user, methods=["POST"]),
    Route("/admin/users", list_users, methods=["GET"]),
    Route("/admin/users/{user_id}", get_user, methods=["GET"]),
    Route("/admin/users/{user_id}", update_user, methods=["PUT"]),
    Route("/admin/users/{user_id}", delete_user, methods=["DELETE"]),
]
