"""Who trains, by what and what was done lately: what a proposal is checked against."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from shared.platform.text import JsonObject
from shared.safety.athlete import Athlete
from shared.training import Plan, Workout

T = TypeVar("T", bound=BaseModel)


class StoredAthlete(BaseModel, frozen=True):
    """What is known of a user, as private.athlete gives it; older versions may have stored it in another form."""

    profile: JsonObject | None
    plan: JsonValue  # the one that is followed
    workouts: list[JsonValue]  # of four weeks, newest first


@dataclass(frozen=True)
class Situation:
    """The athlete, and what the user said in this conversation, newest last."""

    profile: JsonObject
    plan: Plan | None = None
    workouts: tuple[Workout, ...] = ()
    words: tuple[str, ...] = ()

    @classmethod
    def of(cls, stored: StoredAthlete, words: Sequence[str] = ()) -> Self:
        """A plan or workout that was stored in another form counts as none."""
        workouts = (_read(Workout, workout) for workout in stored.workouts)
        return cls(stored.profile or {}, _read(Plan, stored.plan), tuple(filter(None, workouts)), tuple(words))

    @property
    def athlete(self) -> Athlete:
        return Athlete.of(self.profile, self.words)


def _read(model: type[T], stored: JsonValue) -> T | None:
    try:
        return model.model_validate(stored)
    except ValidationError:
        return None
