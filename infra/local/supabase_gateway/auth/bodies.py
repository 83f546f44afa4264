"""The JSON bodies that the auth server reads. Fields it does not know are ignored, as GoTrue does."""

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ValidationError
from starlette.requests import Request

from infra.local.supabase_gateway import body
from infra.local.supabase_gateway.auth import errors
from infra.local.supabase_gateway.auth.errors import AuthError

ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


def _address(text: str) -> str:
    if not ADDRESS.fullmatch(text) or len(text) > 255:
        raise ValueError("Unable to validate email address: invalid format")
    return text.lower()


Email = Annotated[str, AfterValidator(_address)]


class Body(BaseModel):
    """A request's body."""

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
            raise errors.validation_failed(f"{where}: {first['msg']}".removeprefix(": ")) from None


class Credentials(Body):
    """Sign-in with a password."""

    email: Email
    password: str


class SignUp(Credentials):
    """A new user's own registration."""

    data: dict[str, Any] = {}


class Refresh(Body):
    """A refresh token."""

    refresh_token: str


class Deletion(Body):
    """How to delete a user."""

    should_soft_delete: bool = False
