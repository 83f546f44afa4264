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
    session_listeners: list[str] | None = None  # of a conversation that is told, too; none: `listeners` are


ChangeT = TypeVar("ChangeT", bound=Change)


def publish(database: Database, change: ChangeT) -> ChangeT:
    """Push a change to those who listen, and return it.

    Never raises: what happened has happened, and whoever missed it reads the stream.
    """
    told = _by_kind(change.events)
    owners = [one for one in change.listeners if one not in change.watchers]
    own = told.pop("user", [])
    talk = told.pop("session", []) if change.session_listeners is not None else []
    rest = [event for events in told.values() for event in events]
    gone = _push(rest, owners) + _push(talk, change.session_listeners or []) + _push(own, change.user_listeners)
    forget(database, gone + _push(change.shown, change.watchers))
    return change


def _by_kind(events: Sequence[Envelope]) -> dict[str, list[Envelope]]:
    """By the kind of their streams, each in its order."""
    told: dict[str, list[Envelope]] = {}
    for event in events:
        told.setdefault(event["stream"].partition(":")[0], []).append(event)
    return told


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
