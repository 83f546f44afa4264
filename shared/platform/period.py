"""The days that somebody asks about."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self

USUAL = timedelta(days=29)  # before the last day: a month


@dataclass(frozen=True)
class Period:
    """From the first day to the last, in UTC; how many there may be, the database says."""

    first: date
    last: date

    @classmethod
    def of(cls, first: date | None, last: date | None) -> Self:
        """Until today, and from a month before its end, unless told otherwise."""
        end = last or datetime.now(UTC).date()
        return cls(first or end - USUAL, end)
