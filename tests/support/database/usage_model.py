"""What usage, its limits and its ledger should do, in plain Python: the yardstick of the property tests."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID


@dataclass(frozen=True)
class Amount:
    """Of everything that has a limit; `micros` are millionths of a dollar."""

    tokens: int = 0
    messages: int = 0
    micros: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.tokens + other.tokens, self.messages + other.messages, self.micros + other.micros)

    def at_most(self, other: "Amount") -> "Amount":
        """The lesser of each."""
        return Amount(
            min(self.tokens, other.tokens), min(self.messages, other.messages), min(self.micros, other.micros)
        )

    def exceeds(self, limit: "Amount") -> str | None:
        """The name of the first limit that is passed."""
        passed = {
            "messages": self.messages > limit.messages,
            "tokens": self.tokens > limit.tokens,
            "cost": self.micros > limit.micros,
        }
        return next((name for name, is_passed in passed.items() if is_passed), None)


@dataclass
class Reservation:
    user: UUID
    week: date
    reserved: Amount
    expires_at: datetime
    status: Literal["reserved", "settled", "released"] = "reserved"
    used: Amount = Amount()


def week_of(moment: datetime) -> date:
    return moment.date() - timedelta(days=moment.weekday())


@dataclass
class Model:
    default: Amount
    own_plans: dict[UUID, Amount] = field(default_factory=dict)
    ledger: dict[UUID, Reservation] = field(default_factory=dict)
    periods: set[tuple[UUID, date]] = field(default_factory=set)
    closed: set[date] = field(default_factory=set)

    def limit(self, user: UUID) -> Amount:
        return self.own_plans.get(user, self.default)

    def used(self, user: UUID, week: date) -> Amount:
        """What is charged, which is never more than was reserved."""
        of_period = [r for r in self.ledger.values() if (r.user, r.week, r.status) == (user, week, "settled")]
        return sum((r.used.at_most(r.reserved) for r in of_period), Amount())

    def reserved(self, user: UUID, week: date) -> Amount:
        of_period = [r for r in self.ledger.values() if (r.user, r.week, r.status) == (user, week, "reserved")]
        return sum((r.reserved for r in of_period), Amount())

    def overdue(self, at: datetime, user: UUID | None = None) -> list[Reservation]:
        due = [r for r in self.ledger.values() if r.status == "reserved" and r.expires_at <= at]
        return [r for r in due if user in (None, r.user)]

    def refusal(self, user: UUID, amount: Amount, at: datetime) -> str | None:
        """The limit that stands in the way of a reservation, once what is overdue has been released."""
        week = week_of(at)
        held = [r.reserved for r in self.ledger.values() if (r.user, r.week, r.status) == (user, week, "reserved")]
        freed = [r.reserved for r in self.overdue(at, user) if r.week == week]
        for reserved in freed:
            held.remove(reserved)
        return sum(held, self.used(user, week) + amount).exceeds(self.limit(user))

    def release_overdue(self, at: datetime, user: UUID | None = None) -> int:
        overdue = self.overdue(at, user)
        for reservation in overdue:
            reservation.status = "released"
        return len(overdue)

    def close_weeks(self, at: datetime) -> int:
        """Closes the weeks that are over, whatever is open in them; returns how many periods they had."""
        today = (at - timedelta(minutes=1)).date()
        over = {week for _, week in self.periods if week + timedelta(days=7) <= today} - self.closed
        self.closed |= over
        return sum(week in over for _, week in self.periods)
