"""Changes fields of the training profile."""

from dataclasses import replace
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.actions.action_type import ActionType, State
from shared.platform.text import NoNul
from shared.safety.findings import Finding
from shared.safety.nutrition import check_text
from shared.safety.situation import Situation

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=150), NoNul]


class ProfileFields(BaseModel):
    """Null leaves a field as it is; an empty text or list empties it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    goals: list[Line] | None = Field(None, max_length=20)
    experience_level: Literal["beginner", "intermediate", "advanced"] | None = None
    equipment: list[Line] | None = Field(None, max_length=20)
    time_availability: Annotated[str, Field(max_length=500), NoNul] | None = None
    injuries: Annotated[str, Field(max_length=2000), NoNul] | None = None

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.model_dump(exclude_none=True):
            raise ValueError("at least one field must not be null")
        return self


def _after(payload: ProfileFields, before: State | None, _action_id: UUID) -> State:
    return {**(before or {}), **payload.model_dump(exclude_none=True)}


def _findings(_payload: ProfileFields, after: State, situation: Situation) -> list[Finding]:
    athlete = replace(situation, profile=situation.profile | after).athlete
    return [finding for goal in after.get("goals", []) for finding in check_text(goal, athlete)]


TYPE = ActionType(
    name="update_profile",
    description="Propose a change of the user's training profile: goals, experience, equipment, time, injuries. "
    "Lists are replaced as a whole; null leaves a field as it is.",
    payload=ProfileFields,
    after=_after,
    findings=_findings,
    sparse=True,
)
