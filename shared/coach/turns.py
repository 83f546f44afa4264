"""Turns: what became of a question, and stopping one."""

from typing import Any
from uuid import UUID

from pydantic import Field

from shared.auth.principal import Principal
from shared.coach import messages
from shared.coach.messages import Message, Turn
from shared.database.client import Database
from shared.platform.errors import NotFoundError

COLUMNS = "id, session_id, status, error_code, partial_content, cancel_requested_at, started_at, ended_at"


class AnsweredTurn(Turn):
    message: Message | None = Field(description="The answer; null while there is none.")


def get_turn(database: Database, session_id: UUID, turn_id: UUID) -> AnsweredTurn:
    """A turn of the caller's with its answer. Raises NotFoundError."""
    query = database.table("ai_chat_turns").select(COLUMNS)
    rows = database.run(query.eq("id", str(turn_id)).eq("session_id", str(session_id)))
    if not rows:
        raise NotFoundError("There is no such turn.", code="turn_not_found")
    cancel_requested = rows[0].pop("cancel_requested_at") is not None
    # Read after the turn, so that a completed one always has its answer.
    answer = _answer(database, turn_id) if rows[0]["ended_at"] else None
    return AnsweredTurn.model_validate(rows[0] | {"cancel_requested": cancel_requested, "message": answer})


def cancel_turn(database: Database, principal: Principal, session_id: UUID, turn_id: UUID) -> Turn:
    """Ask a turn to stop, which it does within a second. One that has ended stays as it is. Raises NotFoundError."""
    turn = database.rpc(
        "cancel_turn", p_user_id=str(principal.user_id), p_session_id=str(session_id), p_turn_id=str(turn_id)
    )
    return Turn.model_validate(turn)


def _answer(database: Database, turn_id: UUID) -> dict[str, Any] | None:
    query = database.table("ai_chat_messages").select(messages.COLUMNS)
    rows: list[dict[str, Any]] = database.run(query.eq("turn_id", str(turn_id)).eq("role", "assistant"))
    return rows[0] if rows else None
