"""What sockets and events ask the database. Each raises UnavailableError where it does not answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel, Field

from shared.realtime.frames import Event

if TYPE_CHECKING:
    from shared.database.client import Database


class Events(BaseModel):
    stream: str
    items: list[Event] = Field(description="In the order of `seq`; the next page is behind the last one.")
    as_of: int = Field(description="The stream's last seq. Beyond it there is nothing to read yet.")
    gap: bool = Field(description="Events behind `after` are gone: read a snapshot and go on from its `as_of`.")


class Subscription(BaseModel, frozen=True):
    """`as_of` is the stream's last seq at that moment."""

    stream: str
    as_of: int


# ------------------------------------------------------------------------------------------------------------ sockets
def open_connection(database: "Database", connection_id: str, user_id: UUID) -> None:
    """Record a socket under its user. Raises UnauthorizedError (account_gone)."""
    database.rpc("open_connection", p_connection_id=connection_id, p_user_id=str(user_id))


def open_connection_by_ticket(database: "Database", connection_id: str, ticket_hash: str) -> None:
    """Record a socket and spend its ticket. Raises UnauthorizedError (ticket_invalid)."""
    database.rpc("open_connection_by_ticket", p_connection_id=connection_id, p_ticket_hash=ticket_hash)


def close_connection(database: "Database", connection_id: str) -> None:
    """Forget a socket, with all that it was subscribed to. Safe to repeat."""
    database.rpc("close_connection", p_connection_id=connection_id)


def close_connections(database: "Database", connection_ids: Sequence[str]) -> None:
    """Forget several sockets. Safe to repeat."""
    database.rpc("close_connections", p_connection_ids=list(connection_ids))


def create_ticket(database: "Database", user_id: UUID, ticket_hash: str, seconds: int) -> datetime:
    """Store a ticket, and say until when it is good. Raises UnauthorizedError (account_gone)."""
    expires_at: str = database.rpc(
        "create_ticket", p_user_id=str(user_id), p_ticket_hash=ticket_hash, p_seconds=seconds
    )
    return datetime.fromisoformat(expires_at)


# ------------------------------------------------------------------------------------------------------------ streams
def subscribe(database: "Database", connection_id: str, stream: str) -> Subscription:
    """Have a socket told of a stream from now on. Raises NotFoundError (stream_not_found), also for another user's."""
    return Subscription.model_validate(database.rpc("subscribe", p_connection_id=connection_id, p_stream=stream))


def unsubscribe(database: "Database", connection_id: str, stream: str) -> None:
    """End a subscription. Safe to repeat."""
    database.rpc("unsubscribe", p_connection_id=connection_id, p_stream=stream)


def list_events(database: "Database", user_id: UUID, stream: str, after: int, limit: int) -> Events:
    """Events of a user's stream behind a seq, at most `limit`, and how far it goes; none of a stranger's."""
    found = database.rpc("list_events", p_user_id=str(user_id), p_stream=stream, p_after=after, p_limit=limit)
    return Events.model_validate(found)


def session_exists(database: "Database", session_id: UUID, user_id: UUID | None = None) -> bool:
    """Whether there is such a session, of this user: without one, of whoever the database is asked as."""
    query = database.table("ai_chat_sessions").select("id").eq("id", str(session_id))
    return bool(database.run(query.eq("user_id", str(user_id)) if user_id else query))
