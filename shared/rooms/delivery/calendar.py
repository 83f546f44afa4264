"""A calendar of a table of sessions, by RFC 5545, in the time zone of whoever asks: https://icalendar.readthedocs.io"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from math import isfinite
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from shared.platform.errors import InvalidRequestError
from shared.rooms import tables

COLUMNS = ("date", "title")  # that it must have; beside them start (HH:MM), minutes and notes
MAX_SESSIONS = 1000  # some five years of four a week
DEFAULT_MINUTES = 60
SHAPE = (
    "A calendar is made of a table with the columns date (2026-11-29) and title, and start (18:30), minutes and notes "
    "where there are any."
)


def document(text: str, title: str, source: str, zone: ZoneInfo | None) -> bytes:
    """`source` names the file: what is imported again changes the same events. Without a zone times are the phone's.

    Raises InvalidRequestError (not_a_calendar).
    """
    made = Calendar()
    made.add("prodid", "-//Hercules//Training//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", title)
    for number, row in enumerate(_rows(text), 1):
        made.add_component(_event(row, number, source, zone))
    made.add_missing_timezones(*_years(made))
    return bytes(made.to_ical())


def _years(made: Calendar) -> tuple[date, date]:
    """For which the rules of the time zone are told."""
    years = [event.start.year for event in made.events] or [datetime.now(UTC).year]
    return date(min(years), 1, 1), date(min(max(years) + 1, date.max.year), 1, 1)


def _rows(text: str) -> list[dict[str, str]]:
    try:
        head, rows = tables.read_table(text)
    except tables.TableError as fault:
        raise InvalidRequestError(str(fault), code="not_a_calendar") from None
    names = [name.strip().casefold() for name in head]
    if not set(COLUMNS) <= set(names):
        raise InvalidRequestError(SHAPE, code="not_a_calendar")
    if len(rows) > MAX_SESSIONS:
        raise InvalidRequestError(f"A calendar has at most {MAX_SESSIONS} entries.", code="not_a_calendar")
    return [{name: "" if cell is None else str(cell) for name, cell in zip(names, row, strict=True)} for row in rows]


def _event(row: Mapping[str, str], number: int, source: str, zone: ZoneInfo | None) -> Event:
    event = Event()
    event.add("uid", f"{hashlib.sha256(f'{source} {number}'.encode()).hexdigest()[:32]}@hercules")
    event.add("dtstamp", datetime.now(UTC))
    event.add("summary", row["title"] or "Training")
    if notes := row.get("notes"):
        event.add("description", notes)
    try:
        day = date.fromisoformat(row["date"].strip())
        starts = time.fromisoformat(row["start"].strip()) if row.get("start", "").strip() else None
        minutes = float(row.get("minutes") or DEFAULT_MINUTES)
        if not isfinite(minutes):
            raise ValueError(minutes)
    except ValueError:
        raise InvalidRequestError(f"Row {number} is no entry. {SHAPE}", code="not_a_calendar") from None
    if starts is None:
        event.add("dtstart", day)
    else:
        event.add("dtstart", datetime.combine(day, starts.replace(tzinfo=None), tzinfo=zone))
        event.add("duration", timedelta(minutes=min(max(minutes, 1), 24 * 60)))
    return event
