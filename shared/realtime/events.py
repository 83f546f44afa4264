"""Durable events, for whoever has missed some."""

from uuid import UUID

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.platform.errors import NotFoundError
from shared.realtime import queries
from shared.realtime.queries import Events


def of_session(database: Database, principal: Principal, session_id: UUID, after: int, limit: int) -> Events:
    """Events of a session behind `after`, at most `limit`. Raises NotFoundError for a session not one's own."""
    found = queries.list_events(database, principal.user_id, f"session:{session_id}", after, limit)
    if found.as_of == 0 and not queries.session_exists(database, session_id, principal.user_id):
        raise NotFoundError("There is no such session.", code="session_not_found")
    return found


def of_user(database: Database, principal: Principal, after: int, limit: int) -> Events:
    """Events of the caller's own stream behind `after`, at most `limit`."""
    return queries.list_events(database, principal.user_id, f"user:{principal.user_id}", after, limit)
