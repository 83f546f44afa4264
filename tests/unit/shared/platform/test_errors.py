import pytest

from shared.platform.errors import (
    ConflictError,
    DomainError,
    ForbiddenError,
    GoneError,
    InvalidRequestError,
    NotFoundError,
    QuotaExceededError,
    UnauthorizedError,
    UnavailableError,
)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (DomainError(), 500, "internal_error"),
        (UnauthorizedError(), 401, "unauthorized"),
        (ForbiddenError(), 403, "forbidden"),
        (NotFoundError(), 404, "not_found"),
        (ConflictError(), 409, "conflict"),
        (GoneError(), 410, "gone"),
        (InvalidRequestError(), 422, "invalid_request"),
        (QuotaExceededError(), 429, "quota_exceeded"),
        (UnavailableError(), 503, "unavailable"),
    ],
)
def test_an_error_knows_its_own_status(error: DomainError, status: int, code: str) -> None:
    assert (error.status, error.reason, error.detail) == (status, code, error.title)


def test_an_error_can_say_more_exactly_what_happened() -> None:
    error = NotFoundError("There is no such session.", code="session_not_found")
    assert (str(error), error.reason, error.title) == (
        "There is no such session.",
        "session_not_found",
        "There is no such thing",
    )
    assert NotFoundError().reason == "not_found"


def test_an_error_keeps_further_members_for_itself() -> None:
    members = {"limit": 10}
    error = QuotaExceededError(extra=members)
    members["limit"] = 0
    assert error.extra == {"limit": 10}


def test_only_what_is_unavailable_says_by_itself_when_to_try_again() -> None:
    assert UnavailableError().retry_after == 5
    assert UnavailableError(retry_after=60).retry_after == 60
    assert ConflictError().retry_after is None
