"""PostgREST's errors as errors of the API."""

import json
from typing import Any

import httpx
from postgrest import APIError

from shared.platform.errors import (
    ConflictError,
    DomainError,
    ForbiddenError,
    GoneError,
    InvalidRequestError,
    NotFoundError,
    QuotaExceededError,
    RateLimitedError,
    UnauthorizedError,
    UnavailableError,
)
from shared.platform.observability import logger
from shared.platform.text import JsonObject

# Our SQL functions raise SQLSTATE PTnnn, which PostgREST answers with HTTP status nnn; the message is our code.
RAISED: dict[str, type[DomainError]] = {
    "PT401": UnauthorizedError,
    "PT404": NotFoundError,
    "PT409": ConflictError,
    "PT410": GoneError,
    "PT422": InvalidRequestError,
    "PT429": RateLimitedError,
}
DETAILS = {
    "session_not_found": "There is no such session.",
    "workout_not_found": "There is no such workout.",
    "workout_changed": "The workout was changed meanwhile. Read it again.",
    "too_many_workouts": "So many workouts were written down lately that you must wait.",
    "message_not_found": "There is no such question in this session.",
    "message_too_old": "Only a question among the newest 100 messages can be asked anew.",
    "account_gone": "The account of this token no longer exists.",
    "idempotency_key_reused": "This Idempotency-Key was used with another request.",
    "request_in_progress": "The first request with this Idempotency-Key is still at work.",
    "quota_exceeded": "This week's limit is reached.",
    "too_many_failures": "Too many answers have failed within the hour.",
    "too_many_urgent_messages": "Too many urgent messages within a short time. The advice stands.",
    "too_many_sessions": "Too many sessions were opened within a short time.",
    "too_many_rooms": "Too many rooms were opened within a short time.",
    "too_many_open_rooms": "Too many rooms are at work.",
    "rooms_busy": "All rooms are taken at the moment.",
    "too_many_uploads": "Too many uploads were asked for within a short time.",
    "too_many_tickets": "Too many tickets were asked for within a short time.",
    "too_many_exports": "Too many exports were asked for within a day.",
    "too_many_file_exports": "Too many files were asked for in another form within a short time.",
    "too_many_listeners": "Too many others are watching this room.",
    "too_many_subscriptions": "This socket is subscribed to too many streams.",
    "storage_full": "There is no place for more: delete something first.",
    "unknown_time_zone": "There is no such time zone.",
    "bad_period": "Ask for at most 92 days, the first of which comes first.",
    "user_not_found": "There is no such user.",
    "unknown_plan": "There is no such plan.",
    "turn_in_progress": "The session is still answering the question before.",
    "turn_ended": "The turn has ended already.",
    "stream_not_found": "There is no such stream.",
    "ticket_invalid": "The ticket is spent, expired or unknown.",
    "turn_not_found": "There is no such turn.",
    "passage_not_found": "The answer does not cite that, or the document is gone.",
    "embedding_model_changed": "The knowledge base has changed to another embedding model meanwhile.",
    "embeddings_missing": "Embeddings of this document were dropped meanwhile.",
    "room_not_found": "There is no such room.",
    "file_not_found": "There is no such file.",
    "task_not_found": "There is no such task.",
    "input_not_found": "There is no such question.",
    "input_id_required": "Several questions may be meant: say which one is answered.",
    "input_closed": "The question is not open any longer.",
    "input_answered": "The question has been answered otherwise.",
    "room_ended": "The room has ended.",
    "room_open": "The room is at work, or waits.",
    "plan_not_open": "The plan is not there yet, or was let run.",
    "task_needed": "Another task needs this one, or none would be left.",
    "room_not_failed": "Only a room that failed can be tried again.",
    "budget_lowered": "A budget can be raised only.",
    "schedule_not_found": "There is no such schedule.",
    "too_many_schedules": "There may be at most five schedules.",
    "time_zone_needed": "Say a time zone, here or in the profile.",
    "too_much_steering": "The room has been told too much already.",
    "too_many_files": "The room has no place for another file.",
    "too_many_bytes": "The room has no place for this many bytes.",
    "action_not_found": "There is no such action.",
    "payload_changed": "What would be done is not what was proposed. It was not done.",
    "not_undoable": "This action cannot be taken back.",
    "undo_expired": "It is too late to take this action back.",
    "target_changed": "What this action changed has been changed again since. Taking it back would undo that too.",
}
# The database itself or the way to it, which passes: group 0 of PostgREST's errors, and of group 2 what a stale schema
# cache says (docs.postgrest.org/en/stable/references/errors.html); SQLSTATE classes, 25006 a disk that is read-only
# because it is full (supabase.com/docs/guides/platform/database-size), 55P03 a lock that was not had.
UNREACHABLE = (
    *("PGRST000", "PGRST001", "PGRST002", "PGRST003", "PGRST202", "PGRST204", "PGRST205"),
    *("08", "40", "53", "57", "58", "XX", "25006", "55P03"),
)
MISCONFIGURED = "database_misconfigured"
MAX_RETRY_AFTER = 60  # seconds


def domain_error(error: APIError, *, by_user: bool = True) -> DomainError:
    """Never carries the database's own words: they name tables and quote values.

    `by_user`: it was asked under a user's token, not with a key of ours.
    """
    code = str(error.code or "")
    if code in RAISED and error.message in DETAILS:
        extra = _detail(error.details)
        retry_after = extra.pop("retry_after", None)
        kind = QuotaExceededError if error.message == QuotaExceededError.code else RAISED[code]
        return kind(DETAILS[error.message], code=error.message, retry_after=retry_after, extra=extra)
    if code in ("PGRST301", "PGRST302", "PGRST303"):
        # A user's token may end between our check and PostgREST's. A refused key of ours is no reason to sign out.
        if by_user and error.message == "JWT expired":
            return UnauthorizedError("The access token has expired.", code="token_expired")
        return UnauthorizedError() if by_user else _misconfigured(code)
    if code == "42501" and "row-level security" in str(error.message):
        return ForbiddenError()
    if code == "23503" and 'table "users"' in str(error.details):  # a row of a user who has been deleted
        return UnauthorizedError(DETAILS["account_gone"], code="account_gone")
    logger.error("database error", code=code)
    if code.startswith(UNREACHABLE):
        return UnavailableError(code="database_unavailable")
    return DomainError()


def edge_error(answer: httpx.Response) -> DomainError:
    """What something between us and PostgREST answered: refused keys and addresses are the operator's, the rest passes.

    520 to 530 are Cloudflare's, 540 a paused project's, 429 a limit's
    (supabase.com/docs/guides/troubleshooting/http-status-codes).
    """
    logger.error("the database's edge answered", status=answer.status_code)
    if answer.status_code in (400, 401, 403, 404):
        return _misconfigured(str(answer.status_code))
    wait = answer.headers.get("retry-after", "")
    retry_after = min(int(wait), MAX_RETRY_AFTER) if wait.isdigit() else 5
    return UnavailableError(code="database_unavailable", retry_after=max(1, retry_after))


def _misconfigured(code: str) -> DomainError:
    logger.error("the database refuses our key or address", code=code)
    return DomainError(code=MISCONFIGURED)


def _detail(text: Any) -> JsonObject:
    try:
        detail = json.loads(text or "{}")
    except (TypeError, ValueError):
        return {}
    return detail if isinstance(detail, dict) else {}
