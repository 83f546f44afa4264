"""What the auth server reads: JSON bodies, whose unknown fields are ignored as by GoTrue; and how it refuses them."""

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ValidationError
from starlette.requests import Request

from infra.local.supabase_gateway import body
from infra.local.supabase_gateway.errors import GatewayError

ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
MIN_PASSWORD = 6  # characters, Supabase's default
MAX_PASSWORD = 72  # bytes; bcrypt sees no more


class AuthError(GatewayError):
    """An error in GoTrue's shape. `error_code` is one of https://supabase.com/docs/guides/auth/debugging/error-codes."""

    def __init__(self, status: int, error_code: str, message: str, **more: object) -> None:
        super().__init__(status, {"code": status, "error_code": error_code, "msg": message, **more})


def not_implemented(feature: str) -> AuthError:
    """What GoTrue can do and this gateway does not."""
    return AuthError(501, "not_implemented", f"{feature} is not implemented by the local Supabase gateway")


def validation_failed(message: str) -> AuthError:
    """A field that is missing or of the wrong form."""
    return AuthError(400, "validation_failed", message)


def _address(text: str) -> str:
    if not ADDRESS.fullmatch(text) or len(text) > 255:
        raise ValueError("Unable to validate email address: invalid format")
    return text.lower()


def checked_password(password: str) -> str:
    """A new password; `AuthError` for one that is too short or too long."""
    if len(password) < MIN_PASSWORD:
        message = f"Password should be at least {MIN_PASSWORD} characters."
        raise AuthError(422, "weak_password", message, weak_password={"reasons": ["length"]})
    if len(password.encode()) > MAX_PASSWORD:
        raise validation_failed(f"Password cannot be longer than {MAX_PASSWORD} characters")
    return password


Email = Annotated[str, AfterValidator(_address)]
NewPassword = Annotated[str, AfterValidator(checked_password)]


class Body(BaseModel):
    @classmethod
    async def of(cls, request: Request) -> Self:
        """Read and check it; `AuthError` if it is not of this form."""
        content = await body.read(request)
        try:
            value = body.parse(content) if content.strip() else {}
        except ValueError:
            raise AuthError(400, "bad_json", "Could not parse request body as JSON") from None
        try:
            return cls.model_validate(value)
        except ValidationError as invalid:
            first = invalid.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise validation_failed(f"{where}: {first['msg']}".removeprefix(": ")) from None


class Credentials(Body):
    email: Email
    password: str


class SignUp(Body):
    email: Email
    password: NewPassword
    data: dict[str, Any] = {}


class Changes(Body):
    """What a user changes of themselves; `data` is laid over the metadata that are there."""

    email: Email | None = None
    password: NewPassword | None = None
    data: dict[str, Any] = {}


class NewUser(Body):
    """An account as the service key makes it. `email_confirm` is what this gateway takes for granted."""

    email: Email
    password: NewPassword | None = None
    email_confirm: bool = False
    user_metadata: dict[str, Any] = {}
    app_metadata: dict[str, Any] = {}


class ChangedUser(Body):
    """What the service key changes of somebody; metadata are laid over those that are there."""

    email: Email | None = None
    password: NewPassword | None = None
    user_metadata: dict[str, Any] = {}
    app_metadata: dict[str, Any] = {}


class Refresh(Body):
    refresh_token: str


class Deletion(Body):
    should_soft_delete: bool = False
