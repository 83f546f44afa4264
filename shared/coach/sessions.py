"""Conversations of a user with the coach."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.database.paging import Position, after
from shared.platform.errors import NotFoundError
from shared.platform.idempotency import Idempotency
from shared.platform.text import NoNul

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), NoNul]


class NewSession(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"title": "Getting back into running"}})

    title: Title | None = Field(None, description="Left out, the session is called New chat.")


class SessionChange(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"title": "My first 5k"}})

    title: Title = Field(description="Yours from now on: the coach does not replace it.")


class Session(BaseModel):
    id: UUID
    title: str
    created_at: datetime
    updated_at: datetime


def create_session(
    database: Database, principal: Principal, body: NewSession, idempotency: Idempotency
) -> tuple[Session, bool]:
    """Open a session. Also says whether it is the stored answer to an earlier request with the same key."""
    result = database.rpc(
        "create_session",
        p_user_id=str(principal.user_id),
        p_title=body.title,
        p_idempotency_key=idempotency.key,
        p_request_hash=idempotency.request_hash(body),
    )
    return Session.model_validate(result["response"]), result["replayed"]


def list_sessions(database: Database, limit: int, position: Position | None) -> list[Session]:
    """At most `limit` of the caller's sessions behind a position, the last used first."""
    query = database.table("ai_chat_sessions").select("id, title, created_at, updated_at")
    rows = database.run(after(query, "updated_at", position).limit(limit))
    return [Session.model_validate(row) for row in rows]


def update_session(database: Database, session_id: UUID, change: SessionChange) -> Session:
    """Rename a session of the caller's. Raises NotFoundError."""
    query = database.table("ai_chat_sessions").update({"title": change.title}).eq("id", str(session_id))
    rows = database.run(query)
    if not rows:
        raise session_not_found()
    return Session.model_validate(rows[0])


def delete_session(database: Database, principal: Principal, session_id: UUID) -> None:
    """Delete a session and all that was said in it; what it used stays used. Raises NotFoundError."""
    if not database.rpc("delete_session", p_user_id=str(principal.user_id), p_session_id=str(session_id)):
        raise session_not_found()


def session_not_found() -> NotFoundError:
    """Of a stranger's session as of a missing one."""
    return NotFoundError("There is no such session.", code="session_not_found")
