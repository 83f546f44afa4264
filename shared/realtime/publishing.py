"""Pushes the events of one call to the database to those who listen."""

from collections.abc import Mapping
from typing import Any

from shared.database.client import Database
from shared.platform.errors import DomainError
from shared.platform.observability import log_fault
from shared.realtime.push import Pusher


def publish(database: Database, told: Mapping[str, Any]) -> None:
    """`told` is what the database answered: events, listeners, and user_listeners for those of the user's own stream.

    Never raises: what happened has happened, and whoever missed it reads the stream.
    """
    own = [event for event in told["events"] if event["stream"].startswith("user:")]
    rest = [event for event in told["events"] if not event["stream"].startswith("user:")]
    gone: list[str] = []
    for events, listeners in ((rest, told["listeners"]), (own, told.get("user_listeners", []))):
        if events and listeners:
            with Pusher(events[0]["stream"], listeners) as pusher:
                pusher.events(events)
            gone += pusher.gone
    forget(database, gone)


def forget(database: Database, gone: list[str]) -> None:
    """Delete connections that a push found gone. Never raises."""
    if not gone:
        return
    try:
        database.rpc("close_connections", p_connection_ids=gone)
    except DomainError as fault:
        log_fault("gone connections could not be deleted", fault)
