"""What an athlete says of training, plans and workouts, as the coach proposes them and the database keeps them."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from shared.platform.request_body import RequestBody
from shared.platform.text import NoNul

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), NoNul]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), NoNul]

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=150), NoNul]
Experience = Literal["beginner", "intermediate", "advanced"]


class ProfileFields(RequestBody):
    """What a profile may hold, each field of it possibly null; what that means is said where it is sent."""

    goals: list[Line] | None = Field(None, max_length=20)
    experience_level: Experience | None = None
    equipment: list[Line] | None = Field(None, max_length=20)
    time_availability: Annotated[str, Field(max_length=500), NoNul] | None = None
    injuries: Annotated[str, Field(max_length=2000), NoNul] | None = None


def _distinct_by_name(items: list[Any]) -> list[Any]:
    """People and models name a session or exercise when they mean to change it."""
    if len({item.name for item in items}) < len(items):
        raise ValueError("two of them have the same name")
    return items


class _Content(BaseModel):
    # These bounds keep nonsense out; what is safe for whom is decided in shared.safety.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Exercise(_Content):
    """Sets of repetitions, or of seconds for what is held or done for a time; `load_kg` null is body weight."""

    name: Name
    sets: int = Field(ge=1, le=50)
    reps: int | None = Field(ge=1, le=500)
    seconds: int | None = Field(ge=1, le=14_400)
    load_kg: float | None = Field(ge=0, le=1000)
    rest_seconds: int = Field(ge=0, le=1800, description="Rest between two sets.")


class Session(_Content):
    name: Name
    minutes: int = Field(ge=1, le=600)
    exercises: Annotated[list[Exercise], Field(min_length=1, max_length=30), AfterValidator(_distinct_by_name)]


class Plan(_Content):
    """One week that is repeated for `weeks`: each session is done once in it."""

    name: Name
    goal: Note
    weeks: int = Field(ge=1, le=52)
    sessions: Annotated[list[Session], Field(min_length=1, max_length=14), AfterValidator(_distinct_by_name)]


class Workout(_Content):
    """What was really done."""

    performed_on: date
    minutes: int = Field(ge=1, le=600)
    exercises: list[Exercise] = Field(min_length=1, max_length=30)
    notes: Note | None
