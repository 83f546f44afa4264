"""Who trains, by what and what was done lately: what a proposal is checked against."""

from dataclasses import dataclass
from typing import Any, Self

from pydantic import TypeAdapter, ValidationError

from shared.platform.text import JsonObject
from shared.training import Plan, Workout

_PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)
_WORKOUT: TypeAdapter[Workout] = TypeAdapter(Workout)


@dataclass(frozen=True)
class Situation:
    """As the database gives it (private.athlete), and what the user said in this conversation, newest last."""

    profile: JsonObject
    plan: Plan | None = None
    workouts: tuple[Workout, ...] = ()
    words: tuple[str, ...] = ()

    @classmethod
    def of(cls, athlete: JsonObject, words: tuple[str, ...] = ()) -> Self:
        """A plan or workout that an older version stored in another form counts as none."""
        plan = _read(_PLAN, athlete["plan"])
        workouts = [_read(_WORKOUT, workout) for workout in athlete["workouts"]]
        return cls(athlete["profile"] or {}, plan, tuple(filter(None, workouts)), words)


def _read(adapter: TypeAdapter[Any], stored: Any) -> Any:
    try:
        return adapter.validate_python(stored) if stored else None
    except ValidationError:
        return None
