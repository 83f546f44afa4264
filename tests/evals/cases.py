"""The cases and athletes as they stand in cases/*.toml, athletes.toml and rooms.toml. A misspelt member is an error."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

FOLDER = Path(__file__).parent


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Proposal(_Strict):
    """What must be proposed: the type, and of the payload what is named here. A text stands in the payload's text."""

    type: str
    payload: dict[str, Any] = {}


class Expected(_Strict):
    """What the last answer must be. Of what is not named, only what every answer must hold is graded (`grading.py`)."""

    numbers: list[float] = Field([], description="Each stands in it.")
    one_of: list[float] = Field([], description="At least one stands in it.")
    no_numbers: list[float] = []
    says: list[str] = Field([], description="Regular expressions, upper and lower case alike; each is found.")
    says_not: list[str] = []
    urgent: bool = Field(False, description="It is the fixed advice, and nothing else.")
    cites: list[str] = Field([], description="One of these documents is cited.")
    cited: bool | None = Field(None, description="Whether anything is cited.")
    proposes: Proposal | None = None
    proposes_nothing: bool = False
    asks: bool | None = Field(None, description="Whether it asks something.")
    language: str = ""
    most_words: int = 0
    judge: str = Field("", description="What holds of the answer, for a judge model to say; where no code can tell.")


class Case(_Strict):
    """What is said to the coach, one message after the other in one conversation; the last answer is graded."""

    id: str
    said: list[str] = Field(min_length=1, max_length=4)
    athlete: str = "nobody"
    document: str = Field("", description="Text of a document that is in the knowledge base beside the shipped ones.")
    offline: bool = Field(False, description="The laptop's own model passes it too.")
    expect: Expected
    category: str = ""


class Brief(_Strict):
    """A room: what is asked for, and by which criteria a judge reads what is delivered."""

    id: str
    task: str
    athlete: str = "nobody"
    agents: list[str] = []
    least_words: int = 150
    says: list[str] = []
    says_not: list[str] = []
    rubric: list[str] = Field(min_length=2)


class Workout(_Strict):
    """`sets` are lines like "Back squat 3x5 100" (kg), "Plank 3x40s", "Easy run 1x1800s 5000m"."""

    days_ago: int = Field(ge=0)
    minutes: int
    sets: list[str] = Field(min_length=1)
    notes: str | None = None


class PlannedSession(_Strict):
    name: str
    minutes: int
    sets: list[str]


class FollowedPlan(_Strict):
    name: str
    goal: str
    weeks: int
    sessions: list[PlannedSession]


class Athlete(_Strict):
    """Who asks. `profile` is sent to PATCH /v1/profile as it stands."""

    profile: dict[str, Any] = {}
    plan: FollowedPlan | None = None
    workouts: list[Workout] = []

    @property
    def time_zone(self) -> str:
        return str(self.profile.get("time_zone", "UTC"))


class _File(_Strict):
    cases: list[Case]

    @model_validator(mode="after")
    def _ids_differ(self) -> "_File":
        if len({case.id for case in self.cases}) < len(self.cases):
            raise ValueError("two cases have the same id")
        return self


def categories() -> list[str]:
    return sorted(path.stem for path in (FOLDER / "cases").glob("*.toml"))


def cases(*wanted: str) -> list[Case]:
    """All of the categories, or of those that are wanted."""
    return [case for name in wanted or categories() for case in _of_category(name)]


def _of_category(name: str) -> Iterator[Case]:
    read = _File.model_validate(_toml(f"cases/{name}.toml"))
    return (case.model_copy(update={"category": name}) for case in read.cases)


def briefs() -> list[Brief]:
    return [Brief.model_validate(each) for each in _toml("rooms.toml")["rooms"]]


def athletes() -> dict[str, Athlete]:
    return {name: Athlete.model_validate(each) for name, each in _toml("athletes.toml").items()}


def _toml(path: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / path).read_text(encoding="utf-8"))
