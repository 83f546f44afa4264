"""Messages of a session."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.database.client import Database
from shared.database.paging import Position, after
from shared.platform.errors import NotFoundError
from shared.platform.text import NoNul
from shared.quotas import Usage

MAX_CHARACTERS = 8000
COLUMNS = "id, session_id, turn_id, role, content, token_count, metadata, created_at"


Content = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_CHARACTERS), NoNul]


class NewMessage(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"content": "How deep should I squat?"}})

    content: Content = Field(description="The question, in the user's words.")


class Message(BaseModel):
    """An assistant message's metadata holds `citations` and the `receipt` of what the answer was made from.

    With `truncated`: true there, the model was cut off and the content is what there was of its answer.
    """

    id: UUID
    session_id: UUID
    turn_id: UUID | None
    role: Literal["user", "assistant", "system", "tool"]
    content: str
    token_count: int
    metadata: dict[str, Any]
    created_at: datetime


class Turn(BaseModel):
    """A question and what became of it. `partial_content` is what was streamed of an answer that is not whole."""

    id: UUID
    session_id: UUID
    status: Literal["running", "completed", "cancelled", "failed"]
    error_code: str | None
    partial_content: str | None
    cancel_requested: bool
    started_at: datetime
    ended_at: datetime | None


class SentMessage(BaseModel):
    """The coach's answer (null if the turn was cancelled before its first word), and the week's quota after it."""

    turn: Turn
    message: Message | None
    usage: Usage


class BegunTurn(BaseModel):
    """A turn that is answered in the background."""

    turn: Turn


def list_messages(database: Database, session_id: UUID, limit: int, position: Position | None) -> list[Message]:
    """At most `limit` messages before a position, newest first. Raises NotFoundError for a session not one's own."""
    query = database.table("ai_chat_messages").select(COLUMNS).eq("session_id", str(session_id))
    rows = database.run(after(query, "created_at", position).limit(limit))
    if not rows and not _exists(database, session_id):
        raise NotFoundError("There is no such session.", code="session_not_found")
    return [Message.model_validate(row) for row in rows]


def _exists(database: Database, session_id: UUID) -> bool:
    query = database.table("ai_chat_sessions").select("id").eq("id", str(session_id))
    return bool(database.run(query))
