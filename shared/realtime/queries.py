"""What sockets and events ask the database. Each raises UnavailableError where it does not answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel

from shared.realtime.frames import Event

if TYPE_CHECKING:
    from shared.database.client import Database


class Subscription(BaseModel, frozen=True):
    """`as_of` is the stream's last seq at that moment."""

    stream: str
    as_of: int


@dataclass(frozen=True)
class StreamState:
    """How far a stream goes, and up to where its events are gone."""

    last_seq: int
    pruned_through: int


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


def events_after(database: "Database", stream: str, after: int, limit: int) -> list[Event]:
    """A stream's events behind a seq, at most `limit`, in order; none of a stranger's."""
    query = database.table("ai_events").select("stream, seq, type, ts:created_at, data")
    rows = database.run(query.eq("stream", stream).gt("seq", after).order("seq").limit(limit))
    return [Event.model_validate(row) for row in rows]


def stream_state(database: "Database", stream: str) -> StreamState:
    """How far a stream goes; zeros before its first event, and for a stranger's."""
    rows = database.run(database.table("ai_streams").select("last_seq, pruned_through").eq("stream", stream))
    return StreamState(rows[0]["last_seq"], rows[0]["pruned_through"]) if rows else StreamState(0, 0)


def session_exists(database: "Database", session_id: UUID) -> bool:
    """Whether the caller has such a session."""
    return bool(database.run(database.table("ai_chat_sessions").select("id").eq("id", str(session_id))))
