"""What can go wrong, as the caller sees it. Every error knows its own status; `shared.api.problems` renders it."""

from collections.abc import Mapping
from typing import Any, ClassVar


class DomainError(Exception):
    """Base of all expected errors. `detail` is written for the app's user: no internals, no user text."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal error"

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        retry_after: int | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.reason = code or self.code
        self.retry_after = retry_after  # seconds
        self.extra = dict(extra or {})  # further members of the problem document
        self.headers: dict[str, str] = {}  # further ones of the answer


class UnauthorizedError(DomainError):
    status, code, title = 401, "unauthorized", "A valid access token is needed"


class ForbiddenError(DomainError):
    status, code, title = 403, "forbidden", "This account may not do that"


class NotFoundError(DomainError):
    """Also for another user's thing, in the same words."""

    status, code, title = 404, "not_found", "There is no such thing"


class ConflictError(DomainError):
    status, code, title = 409, "conflict", "The request lost a race or is out of date"


class GoneError(DomainError):
    """Too late: the time in which this could be done is over."""

    status, code, title = 410, "gone", "The time for this is over"


class InvalidRequestError(DomainError):
    status, code, title = 422, "invalid_request", "The request is not valid"


class QuotaExceededError(DomainError):
    status, code, title = 429, "quota_exceeded", "The weekly limit is reached"


class RateLimitedError(DomainError):
    """Something that costs the user nothing was done too often; the code says what, `limit` how often it may be."""

    status, code, title = 429, "too_many_requests", "That was asked for too often"


class UnavailableError(DomainError):
    """A service behind us (database, model provider) cannot answer now."""

    status, code, title = 503, "unavailable", "A service is not available, please try again"

    def __init__(self, detail: str = "", *, code: str | None = None, retry_after: int = 5) -> None:
        super().__init__(detail, code=code, retry_after=retry_after)
