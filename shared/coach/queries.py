"""What conversations, the profile and ratings ask the database; a turn that runs has queries of its own.

Each raises UnavailableError where the database does not answer. What is not the caller's is not found.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel, Field

from shared.coach import schemas
from shared.database.client import Database
from shared.database.paging import Position, after
from shared.platform.errors import ForbiddenError, NotFoundError, UnauthorizedError
from shared.platform.idempotency import Idempotency
from shared.realtime.queries import session_exists

if TYPE_CHECKING:  # most functions here never ask a model
    from shared.llm.answer import Bill

SESSION_COLUMNS = ", ".join(schemas.Session.model_fields)
MESSAGE_COLUMNS = ", ".join(schemas.Message.model_fields)
PROFILE_COLUMNS = ", ".join(schemas.Profile.model_fields)
MEMORY_COLUMNS = ", ".join(schemas.Memory.model_fields)
SNAPSHOT_MESSAGES = 50  # a page of list_messages, whose cursor goes on from here
TURN_COLUMNS = (
    "id, session_id, replaces, status, error_code, partial_content, cancel_requested_at, started_at, ended_at"
)


# ---------------------------------------------------------------------------------------------------------- sessions
class CreatedSession(BaseModel, frozen=True):
    session: schemas.Session = Field(validation_alias="response")
    replayed: bool  # the stored answer to an earlier request with the same key


def create_session(
    database: Database, user_id: UUID, session: schemas.NewSession, idempotency: Idempotency
) -> CreatedSession:
    """Open a session. Raises ConflictError, InvalidRequestError (of the key), UnauthorizedError (account_gone)."""
    created = database.rpc(
        "create_session",
        p_user_id=str(user_id),
        p_title=session.title,
        p_idempotency_key=idempotency.key,
        p_request_hash=idempotency.request_hash(session),
    )
    return CreatedSession.model_validate(created)


def list_sessions(database: Database, limit: int, position: Position | None) -> list[schemas.Session]:
    """At most `limit` sessions behind a position, the last used first."""
    query = database.table("ai_chat_sessions").select(SESSION_COLUMNS)
    rows = database.run(after(query, "updated_at", position).limit(limit))
    return [schemas.Session.model_validate(row) for row in rows]


def update_session(database: Database, session_id: UUID, change: schemas.SessionChange) -> schemas.Session:
    """Rename a session. Raises NotFoundError."""
    query = database.table("ai_chat_sessions").update({"title": change.title}).eq("id", str(session_id))
    rows = database.run(query)
    if not rows:
        raise session_not_found()
    return schemas.Session.model_validate(rows[0])


def delete_session(database: Database, user_id: UUID, session_id: UUID) -> None:
    """Delete a session and all that was said in it; what it used stays used. Raises NotFoundError."""
    if not database.rpc("delete_session", p_user_id=str(user_id), p_session_id=str(session_id)):
        raise session_not_found()


def get_snapshot(database: Database, user_id: UUID, session_id: UUID) -> schemas.SessionSnapshot:
    """A session of one instant: all on the screen, and where its messages and events go on. Raises NotFoundError."""
    limit = SNAPSHOT_MESSAGES + 1
    found = database.rpc("session_snapshot", p_user_id=str(user_id), p_session_id=str(session_id), p_messages=limit)
    if found is None:
        raise session_not_found()
    snapshot = schemas.SessionSnapshot.model_validate(found | {"next_cursor": None})
    if len(snapshot.messages) < limit:
        return snapshot
    shown = snapshot.messages[:SNAPSHOT_MESSAGES]
    cursor = Position(shown[-1].created_at, shown[-1].id).encode()
    return snapshot.model_copy(update={"messages": shown, "next_cursor": cursor})


class ClaimedTitle(BaseModel, frozen=True):
    """A session whose title is to be found, and the question that it is about."""

    session_id: UUID
    question: str


def claim_title(database: Database, user_id: UUID, turn_id: UUID) -> ClaimedTitle | None:
    """The title of a turn's session to find; None where another worker or the user has one."""
    claimed = database.rpc("claim_title", p_user_id=str(user_id), p_turn_id=str(turn_id))
    return ClaimedTitle.model_validate(claimed) if claimed else None


def set_model_title(database: Database, user_id: UUID, session_id: UUID, title: str, bill: "Bill | None") -> None:
    """Store the model's title, if there is one and the user gave none meanwhile; charge what it cost."""
    database.rpc(
        "set_model_title",
        p_user_id=str(user_id),
        p_session_id=str(session_id),
        p_title=title,
        p_used=bill and bill.row(),
    )


class SaidBefore(BaseModel, frozen=True):
    role: schemas.Role
    content: str


class ClaimedSummary(BaseModel, frozen=True):
    """Messages of a session, oldest first, that its summary so far lacks; `until` is the time of the last."""

    session_id: UUID
    summary: str | None
    messages: list[SaidBefore]
    until: datetime


def claim_summary(database: Database, user_id: UUID, turn_id: UUID) -> ClaimedSummary | None:
    """What the summary of a turn's session lacks; None where that is little, or another worker is at it."""
    claimed = database.rpc("claim_summary", p_user_id=str(user_id), p_turn_id=str(turn_id))
    return ClaimedSummary.model_validate(claimed) if claimed else None


def set_summary(database: Database, user_id: UUID, claimed: ClaimedSummary, summary: str, bill: "Bill | None") -> None:
    """Store a summary, if there is one, and charge what it cost."""
    database.rpc(
        "set_summary",
        p_user_id=str(user_id),
        p_session_id=str(claimed.session_id),
        p_summary=summary,
        p_until=claimed.until.isoformat(),
        p_used=bill and bill.row(),
    )


def session_not_found() -> NotFoundError:
    """The same 404 for a missing session and for somebody else's."""
    return NotFoundError("There is no such session.", code="session_not_found")


# ------------------------------------------------------------------------------------------------ messages and turns
def list_messages(database: Database, session_id: UUID, limit: int, position: Position | None) -> list[schemas.Message]:
    """At most `limit` messages before a position, the newest first. Raises NotFoundError."""
    query = database.table("ai_chat_messages").select(MESSAGE_COLUMNS).eq("session_id", str(session_id))
    query = query.is_("replaced_by", "null")
    rows = database.run(after(query, "created_at", position).limit(limit))
    if not rows and not session_exists(database, session_id):
        raise session_not_found()
    return [schemas.Message.model_validate(row) for row in rows]


def search_messages(database: Database, user_id: UUID, words: Sequence[str], limit: int) -> schemas.FoundMessages:
    """At most `limit` of the user's messages in which all words stand, whatever their case and accents."""
    found = database.rpc("search_messages", p_user_id=str(user_id), p_words=list(words), p_limit=limit)
    return schemas.FoundMessages.model_validate(found)


def session_transcript(database: Database, user_id: UUID, session_id: UUID) -> schemas.Transcript:
    """The newest 5,000 messages of a session, oldest first. Raises NotFoundError, RateLimitedError."""
    found = database.rpc("session_transcript", p_user_id=str(user_id), p_session_id=str(session_id))
    return schemas.Transcript.model_validate(found)


def cited_passage(database: Database, user_id: UUID, message_id: UUID, chunk_id: UUID) -> schemas.CitedPassage:
    """What a citation in an answer of the user's opens. Raises NotFoundError."""
    found = database.rpc(
        "cited_passage", p_user_id=str(user_id), p_message_id=str(message_id), p_chunk_id=str(chunk_id)
    )
    return schemas.CitedPassage.model_validate(found)


def get_turn(database: Database, session_id: UUID, turn_id: UUID) -> schemas.AnsweredTurn:
    """A turn with its answer. Raises NotFoundError."""
    query = database.table("ai_chat_turns").select(TURN_COLUMNS)
    rows = database.run(query.eq("id", str(turn_id)).eq("session_id", str(session_id)))
    if not rows:
        raise NotFoundError("There is no such turn.", code="turn_not_found")
    cancel_requested = rows[0]["cancel_requested_at"] is not None
    # Read after the turn, so that a completed one always has its answer.
    query = database.table("ai_chat_messages").select(MESSAGE_COLUMNS).eq("turn_id", str(turn_id))
    answers = database.run(query.eq("role", "assistant")) if rows[0]["ended_at"] else []
    answer = next(iter(answers), None)
    return schemas.AnsweredTurn.model_validate(rows[0] | {"cancel_requested": cancel_requested, "message": answer})


def cancel_turn(database: Database, user_id: UUID, session_id: UUID, turn_id: UUID) -> schemas.Turn:
    """Ask a turn to stop, which it does within a second. One that has ended stays as it is. Raises NotFoundError."""
    turn = database.rpc("cancel_turn", p_user_id=str(user_id), p_session_id=str(session_id), p_turn_id=str(turn_id))
    return schemas.Turn.model_validate(turn)


# -------------------------------------------------------------------------------------- profile, memories and ratings
def get_profile(database: Database) -> schemas.Profile:
    """The caller's profile; an empty one before the first change."""
    rows = database.run(database.table("ai_profile").select(PROFILE_COLUMNS))
    return schemas.Profile.model_validate(rows[0]) if rows else schemas.Profile()


def update_profile(database: Database, user_id: UUID, change: schemas.ProfileChange) -> schemas.Profile:
    """Write the fields that were sent. Raises UnauthorizedError when the account is gone."""
    row = {"user_id": str(user_id), **change.columns()}
    rows = database.run(database.table("ai_profile").upsert(row, on_conflict="user_id"))
    if not rows:
        raise UnauthorizedError("The account of this token no longer exists.", code="account_gone")
    return schemas.Profile.model_validate(rows[0])


def list_memories(database: Database, limit: int, position: Position | None) -> list[schemas.Memory]:
    """At most `limit` memories behind a position, the newest first."""
    query = database.table("ai_memories").select(MEMORY_COLUMNS)
    rows = database.run(after(query, "created_at", position).limit(limit))
    return [schemas.Memory.model_validate(row) for row in rows]


def update_memory(database: Database, memory_id: UUID, change: schemas.MemoryChange) -> schemas.Memory:
    """Put a memory into other words. Raises NotFoundError."""
    rows = database.run(database.table("ai_memories").update({"fact": change.fact}).eq("id", str(memory_id)))
    if not rows:
        raise NotFoundError("There is no such memory.", code="memory_not_found")
    return schemas.Memory.model_validate(rows[0])


def delete_memory(database: Database, memory_id: UUID) -> None:
    """Forget a fact. Raises NotFoundError."""
    if not database.run(database.table("ai_memories").delete().eq("id", str(memory_id))):
        raise NotFoundError("There is no such memory.", code="memory_not_found")


def rate_message(database: Database, user_id: UUID, message_id: UUID, rating: schemas.NewRating) -> schemas.Feedback:
    """Rate an answer that the coach gave the caller. Raises NotFoundError for any other message."""
    row = {"user_id": str(user_id), "message_id": str(message_id), **rating.model_dump()}
    try:
        rows = database.run(database.table("ai_feedback").upsert(row, on_conflict="user_id,message_id"))
    except ForbiddenError:  # row level security lets only one's own answers be rated
        raise NotFoundError("There is no such message.", code="message_not_found") from None
    return schemas.Feedback.model_validate(rows[0])


def remove_rating(database: Database, message_id: UUID) -> None:
    """Take the caller's rating of a message back. Safe to repeat."""
    database.run(database.table("ai_feedback").delete().eq("message_id", str(message_id)))
