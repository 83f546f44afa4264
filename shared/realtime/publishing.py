"""Pushes the events of one call to the database to those who listen."""

from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel

from shared.database.client import Database
from shared.platform.errors import DomainError
from shared.platform.observability import log_fault
from shared.realtime import queries
from shared.realtime.frames import Envelope
from shared.realtime.push import Pusher


class Change(BaseModel, frozen=True):
    """Events that a call to the database made, and the open sockets to push them to.

    `watchers` are those listeners who do not own what the events are about; they are pushed `shown` instead.
    """

    events: list[Envelope]
    listeners: list[str]
    watchers: list[str] = []
    shown: list[Envelope] = []
    user_listeners: list[str] = []  # of the user's own stream


ChangeT = TypeVar("ChangeT", bound=Change)


def publish(database: Database, change: ChangeT) -> ChangeT:
    """Push a change to those who listen, and return it.

    Never raises: what happened has happened, and whoever missed it reads the stream.
    """
    own = [event for event in change.events if event["stream"].startswith("user:")]
    rest = [event for event in change.events if not event["stream"].startswith("user:")]
    owners = [one for one in change.listeners if one not in change.watchers]
    gone = _push(rest, owners) + _push(own, change.user_listeners) + _push(change.shown, change.watchers)
    forget(database, gone)
    return change


def _push(events: Sequence[Envelope], listeners: Sequence[str]) -> list[str]:
    """The connections that were found gone."""
    if not events or not listeners:
        return []
    with Pusher(events[0]["stream"], listeners) as pusher:
        pusher.events(events)
    return pusher.gone


def forget(database: Database, gone: list[str]) -> None:
    """Delete connections that a push found gone. Never raises."""
    if not gone:
        return
    try:
        queries.close_connections(database, gone)
    except DomainError as fault:
        log_fault("gone connections could not be deleted", fault)
