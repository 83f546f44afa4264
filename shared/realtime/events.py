"""Durable events, for whoever has missed some."""

from uuid import UUID

from pydantic import BaseModel, Field

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.platform.errors import NotFoundError
from shared.realtime import queries
from shared.realtime.frames import Event


class Events(BaseModel):
    stream: str
    items: list[Event] = Field(description="In the order of `seq`; the next page is behind the last one.")
    as_of: int = Field(description="The stream's last seq. Beyond it there is nothing to read yet.")
    gap: bool = Field(description="Events behind `after` are gone: read a snapshot and go on from its `as_of`.")


def of_session(database: Database, session_id: UUID, after: int, limit: int) -> Events:
    """Events of a session behind `after`, at most `limit`. Raises NotFoundError for a session not one's own."""
    found = _events(database, f"session:{session_id}", after, limit)
    if found.as_of == 0 and not queries.session_exists(database, session_id):
        raise NotFoundError("There is no such session.", code="session_not_found")
    return found


def of_user(database: Database, principal: Principal, after: int, limit: int) -> Events:
    """Events of the caller's own stream behind `after`, at most `limit`."""
    return _events(database, f"user:{principal.user_id}", after, limit)


def _events(database: Database, stream: str, after: int, limit: int) -> Events:
    events = queries.events_after(database, stream, after, limit)
    # Read after the events, so that what was pruned in between shows as a gap.
    state = queries.stream_state(database, stream)
    return Events(stream=stream, items=events, as_of=state.last_seq, gap=after < state.pruned_through)
