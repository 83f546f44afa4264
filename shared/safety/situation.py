"""Who trains, by what and what was done lately: what a proposal is checked against."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Self, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from shared.platform.text import JsonObject
from shared.safety.athlete import Athlete
from shared.training.plan import Plan, Workout

T = TypeVar("T", bound=BaseModel)
RECENT = timedelta(days=28)  # what is usual for somebody, as safety compares with it


class StoredAthlete(BaseModel, frozen=True):
    """What is known of a user, as private.athlete gives it; older versions may have stored it in another form."""

    profile: JsonObject | None
    now: datetime | None = None  # where the user is; without a time zone, where that is not known
    memories: list[str] = []  # what the user agreed to have remembered, oldest first
    plan: JsonValue  # the one that is followed
    workouts: list[JsonValue]  # of four weeks, of twelve in a turn; newest first

    workouts_total: int | None = None  # of all that were done in that time; None where all are there

    @cached_property
    def done(self) -> tuple[Workout, ...]:
        """Without what an older version stored in a form that cannot be read any more."""
        return tuple(filter(None, (_read(Workout, workout) for workout in self.workouts)))

    @cached_property
    def followed(self) -> Plan | None:
        return _read(Plan, self.plan)

    @property
    def clock(self) -> datetime:
        return self.now or datetime.now(UTC).replace(tzinfo=None)

    @property
    def time_zone(self) -> str | None:
        return (self.profile or {}).get("time_zone")

    @property
    def latest_day(self) -> date:
        """Beyond which nothing can have been done. Without a time zone the user may be a day ahead of UTC."""
        return self.clock.date() + timedelta(days=0 if self.time_zone else 1)


@dataclass(frozen=True)
class Situation:
    """The athlete, and what the user said in this conversation, newest last."""

    profile: JsonObject
    plan: Plan | None = None
    workouts: tuple[Workout, ...] = ()
    words: tuple[str, ...] = ()
    latest_day: date | None = None

    @classmethod
    def of(cls, stored: StoredAthlete, words: Sequence[str] = ()) -> Self:
        """A plan or workout that was stored in another form counts as none."""
        since = stored.clock.date() - RECENT
        done = tuple(each for each in stored.done if each.performed_on > since)
        return cls(stored.profile or {}, stored.followed, done, tuple(words), stored.latest_day)

    @cached_property
    def athlete(self) -> Athlete:
        return Athlete.of(self.profile, self.words)


def _read(model: type[T], stored: JsonValue) -> T | None:
    try:
        return model.model_validate(stored)
    except ValidationError:
        return None
