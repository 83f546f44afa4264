"""The jobs of the sweep that are one SQL function each, as its handler calls them."""

from datetime import datetime
from typing import Any

from tests.support.database.actors import Connection

JOBS = ("end_overdue_turns", "end_overdue_actions", "end_lost_rooms", "forget_expired", "prune_events")


def job(connection: Connection, name: str, at: datetime | None = None) -> dict[str, int]:
    """What one call of a job did, at some time."""
    row = connection.execute(f"select public.{name}(coalesce(%s::timestamptz, now()))", (at,)).fetchone()
    assert row is not None
    result: dict[str, int] = row[0]
    return result


def sweep(connection: Connection, at: datetime | None = None) -> dict[str, Any]:
    """What one call of each did."""
    return {count: number for name in JOBS for count, number in job(connection, name, at).items()}
