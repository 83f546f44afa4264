"""Plans and workouts, as the coach proposes them and the database keeps them."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
    model_validator,
)

from shared.platform.text import NoNul
from shared.training.units import SPOKEN, stored

MAX_SESSIONS = 14  # in one week
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), NoNul]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), NoNul]
Week = Annotated[int, Field(ge=1, le=52)]
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class _Content(BaseModel):
    # These bounds keep nonsense out; what is safe for whom is decided in shared.safety.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_serializer(mode="wrap")
    def _without_what_says_nothing(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What may be left out and is null is not stored: most plans use few of the fields."""
        fields = type(self).model_fields
        return {name: part for name, part in dump(self).items() if part is not None or fields[name].is_required()}


class Exercise(_Content):
    """Sets of repetitions, or of seconds or a distance for what is done for so long; `load_kg` null is body weight.

    An interval is a set with its rest. Half a sentence may say how to rest or to do it.
    """

    name: Name
    sets: int = Field(ge=1, le=50)
    reps: int | None = Field(ge=1, le=500)
    seconds: int | None = Field(ge=1, le=28_800)
    load_kg: float | None = Field(ge=0, le=1000)
    rest_seconds: int = Field(ge=0, le=1800, description="Rest between two sets.")
    reps_max: int | None = Field(None, ge=1, le=500, description="Of a range that begins with reps.")
    load_lb: float | None = Field(None, ge=0, le=2200, exclude=True, description="Instead of load_kg.")
    distance_m: float | None = Field(None, ge=1, le=500_000, description="Of each set.")
    distance_mi: float | None = Field(None, ge=0.001, le=310, exclude=True, description="Instead of distance_m.")
    pace_s_per_km: int | None = Field(None, ge=60, le=3600)
    heart_rate_zone: int | None = Field(None, ge=1, le=5)
    rir: int | None = Field(None, ge=0, le=10, description="Repetitions left in reserve.")
    rpe: float | None = Field(None, ge=1, le=10)
    warm_up: bool | None = None
    note: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=150), NoNul] | None = None

    @model_validator(mode="before")
    @classmethod
    def _in_si(cls, sent: Any) -> Any:
        if not _speaks_imperial(sent):
            return sent
        said = {name: sent[name] for name in SPOKEN if name in sent}  # which have bounds of their own
        return {"reps": None, "seconds": None, "load_kg": None} | stored(sent) | said

    @model_validator(mode="after")
    def _range(self) -> Self:
        if self.reps_max is not None and (self.reps is None or self.reps_max < self.reps):
            raise ValueError("a range of repetitions ends above where it begins")
        return self


def _speaks_imperial(sent: Any) -> bool:
    return isinstance(sent, dict) and not SPOKEN.isdisjoint(sent)


class Session(_Content):
    name: Name
    minutes: int = Field(ge=1, le=600)
    exercises: list[Exercise] = Field(min_length=1, max_length=30)
    weekday: Day | None = None
    times_a_week: int | None = Field(None, ge=1, le=7, description="Null: once.")
    weeks: list[Week] | None = Field(
        None, min_length=1, max_length=52, description="In which it is done; null: in all."
    )
    warm_up: Note | None = None

    @model_validator(mode="after")
    def _no_doubles(self) -> Self:
        """The same exercise may come again with other numbers; the very same is a slip of a model."""
        if any(each in self.exercises[:place] for place, each in enumerate(self.exercises)):
            raise ValueError("an exercise stands there twice with the same numbers: give it more sets instead")
        return self

    @property
    def times(self) -> int:
        return self.times_a_week or 1


class WeekChange(_Content):
    """A week that differs from the others, such as a deload."""

    week: Week
    load_percent: int | None = Field(None, ge=10, le=200, description="Of the loads that the sessions say.")
    sets_percent: int | None = Field(None, ge=10, le=200)
    note: Note | None = None


class Plan(_Content):
    """A week that is repeated for `weeks`; sessions with `weeks` and entries of `week_changes` make weeks differ."""

    name: Name
    goal: Note
    weeks: Week
    sessions: list[Session] = Field(min_length=1, max_length=40)
    progression: Note | None = Field(None, description="How loads, repetitions or distances grow.")
    week_changes: list[WeekChange] | None = Field(None, max_length=52)

    @model_validator(mode="after")
    def _weeks(self) -> Self:
        """People and models name a session when they mean to change it."""
        if max(Counter(session.name for session in self.sessions).values()) > 1:
            raise ValueError("two sessions have the same name")
        named = [change.week for change in self.week_changes or ()]
        if len(set(named)) < len(named):
            raise ValueError("a week is changed twice")
        if any(week > self.weeks for week in [*named, *(week for each in self.sessions for week in each.weeks or ())]):
            raise ValueError("a week is named that the plan does not have")
        counts = self.session_counts
        if max(counts) > MAX_SESSIONS:
            raise ValueError(f"a week has more than {MAX_SESSIONS} sessions")
        if not all(counts):
            raise ValueError("a week has no session")
        return self

    @property
    def session_counts(self) -> list[int]:
        """How many there are in each week."""
        return [sum(each.times for each in self._sessions(week)) for week in range(1, self.weeks + 1)]

    def _sessions(self, week: int) -> list[Session]:
        return [session for session in self.sessions if session.weeks is None or week in session.weeks]

    def week(self, number: int) -> list[Session]:
        """The sessions of a week, with its loads and sets."""
        sessions = self._sessions(number)
        change = next((each for each in self.week_changes or () if each.week == number), None)
        return [_changed(session, change) for session in sessions] if change else sessions


def _changed(session: Session, change: WeekChange) -> Session:
    return session.model_copy(update={"exercises": [_scaled(each, change) for each in session.exercises]})


def _scaled(exercise: Exercise, change: WeekChange) -> Exercise:
    sets = max(1, round(exercise.sets * (change.sets_percent or 100) / 100))
    load = exercise.load_kg and round(exercise.load_kg * (change.load_percent or 100) / 100, 2)
    return exercise.model_copy(update={"sets": sets, "load_kg": load})


class Workout(_Content):
    """What was really done. An exercise may come several times, such as once for each set."""

    performed_on: date
    minutes: int = Field(ge=1, le=600)
    exercises: list[Exercise] = Field(min_length=1, max_length=60)
    notes: Note | None
    session: Name | None = Field(None, description="Of the plan, if it was one.")
    felt: int | None = Field(None, ge=1, le=5, description="1 bad, 5 great.")


def labels(exercises: Sequence[Any]) -> list[str]:
    """What exercises are called where a name may come twice: the second of a name is called `name 2`."""
    seen: Counter[str] = Counter()
    names = [each["name"] if isinstance(each, dict) else each.name for each in exercises]
    called = []
    for name in names:
        seen[name] += 1
        called.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return called
