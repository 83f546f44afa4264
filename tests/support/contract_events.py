"""Holds every event that a database has against its model in the contract."""

from functools import reduce
from operator import or_
from typing import Annotated, Any

import psycopg
from psycopg.pq import TransactionStatus
from pydantic import BaseModel, Field, TypeAdapter

from infra.contract.envelope import Envelope
from infra.contract.events import EVENTS, STREAMS
from shared.actions.action import Action
from tests.support.undocumented import undocumented

ANY_EVENT: Any = Annotated[reduce(or_, EVENTS.values()), Field(discriminator="type")]
ADAPTER: TypeAdapter[Any] = TypeAdapter(ANY_EVENT)


class MadeUpAction(BaseModel):
    action: Action


class MadeUpActionEvent(Envelope):
    """What is proposed is JSON to the database, and its tests make that up."""

    type: str
    data: MadeUpAction


MADE_UP = TypeAdapter(MadeUpActionEvent)
Connection = psycopg.Connection[tuple[Any, ...]]


def check_event(event: dict[str, Any], *, made_up: bool = False) -> None:
    """Fails where an event is not as the contract says: its type, its stream, each member of it, and no other.

    `made_up`: what is proposed may be any JSON, and an event that says nothing may be in any stream.
    """
    read = (MADE_UP if made_up and event["type"].startswith("action.") else ADAPTER).validate_python(event)
    streams = [name for name, kinds in STREAMS.items() if EVENTS[event["type"]] in kinds]
    if not (made_up and event["type"] == "event.withheld"):
        assert event["stream"].partition(":")[0] in streams, f"{event['type']} in {event['stream']}"
    unknown = list(undocumented(event, read.model_dump(mode="json")))
    assert not unknown, f"{event['type']} has undocumented members: {unknown}"


def check_stored_events(connection: Connection, seen: dict[str, int] | None = None, *, made_up: bool = False) -> None:
    """Every event as it would be listed. `seen` has the last seqs of an earlier call, and is told the new ones."""
    seen = {} if seen is None else seen
    if connection.info.transaction_status == TransactionStatus.INERROR:
        return  # nothing can be read any more; the test has looked at what was refused
    connection.execute("reset role")
    streams = connection.execute(
        "select stream, user_id, last_seq from public.ai_streams where last_seq > 0"
    ).fetchall()
    for stream, user_id, last_seq in streams:
        after = seen.get(stream, 0)
        if after < last_seq:
            row = connection.execute(
                "select public.list_events(%s, %s, %s, %s) -> 'items'", (user_id, stream, after, last_seq - after)
            ).fetchone()
            assert row is not None
            seen[stream] = last_seq  # a fault is the fault of one test
            for event in row[0]:
                check_event(event, made_up=made_up)
