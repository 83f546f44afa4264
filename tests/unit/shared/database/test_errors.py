import io
from typing import Any

import pytest
from postgrest import APIError

from shared.database.errors import domain_error
from shared.platform.errors import (
    ConflictError,
    DomainError,
    GoneError,
    InvalidRequestError,
    NotFoundError,
    QuotaExceededError,
    UnauthorizedError,
    UnavailableError,
)

WORDS = 'Key (email)=(jo@example.com) violates "users_email_key"'


def reported(code: str | None, message: str = WORDS, details: Any = None) -> DomainError:
    return domain_error(APIError({"code": code, "message": message, "details": details, "hint": WORDS}))


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("PT401", "account_gone", UnauthorizedError),
        ("PT404", "session_not_found", NotFoundError),
        ("PT409", "request_in_progress", ConflictError),
        ("PT409", "turn_ended", ConflictError),
        ("PT404", "turn_not_found", NotFoundError),
        ("PT404", "action_not_found", NotFoundError),
        ("PT409", "payload_changed", ConflictError),
        ("PT409", "not_undoable", ConflictError),
        ("PT409", "target_changed", ConflictError),
        ("PT410", "undo_expired", GoneError),
        ("PT422", "idempotency_key_reused", InvalidRequestError),
        ("PT429", "quota_exceeded", QuotaExceededError),
    ],
)
def test_what_our_functions_raise_is_told_in_our_words(code: str, message: str, kind: type[DomainError]) -> None:
    error = reported(code, message)
    assert type(error) is kind
    assert error.reason == message
    assert error.detail not in ("", message, kind.title)


def test_what_row_level_security_refuses_is_forbidden_and_a_missing_grant_a_fault_of_ours() -> None:
    assert reported("42501", 'new row violates row-level security policy for table "ai_feedback"').status == 403
    assert reported("42501", "permission denied for table ai_feedback").status == 500


def test_a_row_for_a_user_who_is_gone_is_unauthorized_and_any_other_dangling_row_a_fault_of_ours() -> None:
    gone = reported("23503", details='Key (user_id)=(5) is not present in table "users".')
    assert (gone.status, gone.reason) == (401, "account_gone")
    assert reported("23503", details='Key (turn_id)=(5) is not present in table "ai_chat_turns".').status == 500


def test_the_details_of_our_functions_become_members_of_the_problem() -> None:
    error = reported("PT429", "quota_exceeded", '{"limit": "messages", "retry_after": 3600}')
    assert (error.retry_after, error.extra) == (3600, {"limit": "messages"})


@pytest.mark.parametrize("details", [None, "", "no json", "[1]", "5", {"already": "parsed"}, b""], ids=str)
def test_details_of_another_form_are_left_out(details: Any) -> None:
    error = reported("PT404", "session_not_found", details)
    assert (error.reason, error.extra, error.retry_after) == ("session_not_found", {}, None)


def test_a_refused_key_of_ours_signs_nobody_out(log: io.StringIO) -> None:
    error = domain_error(APIError({"code": "PGRST301", "message": WORDS}), by_user=False)
    assert (error.status, error.reason) == (500, "database_misconfigured")
    assert "refuses our key" in log.getvalue()


@pytest.mark.parametrize("code", ["PGRST301", "PGRST303"])
def test_a_token_that_postgrest_refuses_is_unauthorized(code: str) -> None:
    assert reported(code).status == 401


def test_a_token_that_ended_between_two_checks_is_told_apart() -> None:
    error = domain_error(APIError({"code": "PGRST303", "message": "JWT expired"}))
    assert (error.status, error.reason) == (401, "token_expired")


@pytest.mark.parametrize(
    "code",
    [
        *("PGRST000", "PGRST001", "PGRST002", "PGRST003", "PGRST202", "08006", "53300", "57014", "57P01", "40001"),
        *("40P01", "25006", "55P03", "XX000", "58030"),
    ],
)
def test_a_database_that_cannot_answer_now_is_unavailable(code: str) -> None:
    error = reported(code)
    assert isinstance(error, UnavailableError)
    assert (error.reason, error.retry_after) == ("database_unavailable", 5)


@pytest.mark.parametrize("code", ["23505", "42501", "42P01", "PGRST100", "PT404", "PT500", "", None])
def test_any_other_error_is_a_fault_of_ours(code: str | None, log: io.StringIO) -> None:
    error = reported(code)
    assert (error.status, error.reason) == (500, "internal_error")
    assert "database error" in log.getvalue()


@pytest.mark.parametrize("code", ["23505", "PT404", "PGRST301", "08006"])
def test_the_databases_own_words_go_nowhere(code: str, log: io.StringIO) -> None:
    error = reported(code, details=WORDS)
    told = f"{error} {error!r} {error.detail} {error.extra} {log.getvalue()}"
    assert "example.com" not in told
    assert "users_email_key" not in told
