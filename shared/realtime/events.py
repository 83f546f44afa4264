"""Durable events, for whoever has missed some."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.platform.errors import NotFoundError


class Event(BaseModel):
    """The envelope that is also pushed over sockets."""

    v: Literal[1] = 1
    stream: str
    seq: int
    type: str = Field(examples=["message.completed"], description="Clients ignore types that they do not know.")
    ts: datetime
    data: dict[str, Any]


class Events(BaseModel):
    stream: str
    items: list[Event] = Field(description="In the order of `seq`; the next page is behind the last one.")
    as_of: int = Field(description="The stream's last seq. Beyond it there is nothing to read yet.")
    gap: bool = Field(description="Events behind `after` are gone: read a snapshot and go on from its `as_of`.")


def of_session(database: Database, session_id: UUID, after: int, limit: int) -> Events:
    """Events of a session behind `after`, at most `limit`. Raises NotFoundError for a session not one's own."""
    found = _events(database, f"session:{session_id}", after, limit)
    if found.as_of == 0 and not _exists(database, session_id):
        raise NotFoundError("There is no such session.", code="session_not_found")
    return found


def of_user(database: Database, principal: Principal, after: int, limit: int) -> Events:
    """Events of the caller's own stream behind `after`, at most `limit`."""
    return _events(database, f"user:{principal.user_id}", after, limit)


def _events(database: Database, stream: str, after: int, limit: int) -> Events:
    columns = "stream, seq, type, ts:created_at, data"
    query = database.table("ai_events").select(columns).eq("stream", stream).gt("seq", after)
    events = database.run(query.order("seq").limit(limit))
    # Read after the events, so that what was pruned in between shows as a gap.
    rows = database.run(database.table("ai_streams").select("last_seq, pruned_through").eq("stream", stream))
    known = rows[0] if rows else {"last_seq": 0, "pruned_through": 0}
    gap = after < known["pruned_through"]
    return Events(stream=stream, items=events, as_of=known["last_seq"], gap=gap)


def _exists(database: Database, session_id: UUID) -> bool:
    return bool(database.run(database.table("ai_chat_sessions").select("id").eq("id", str(session_id))))
