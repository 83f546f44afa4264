"""Changes fields of the training profile."""

from dataclasses import replace
from typing import Self
from uuid import UUID

from pydantic import model_validator

from shared.actions.action_type import ActionType, State
from shared.safety.findings import Finding
from shared.safety.nutrition import check_text
from shared.safety.situation import Situation
from shared.training.profile import ProfileFields


class ProposedProfile(ProfileFields, frozen=True):
    """Null leaves a field as it is; an empty text or list empties it."""

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.model_dump(exclude_none=True):
            raise ValueError("at least one field must not be null")
        return self


def _after(payload: ProposedProfile, before: State | None, _action_id: UUID) -> State:
    return {**(before or {}), **payload.model_dump(exclude_none=True)}


def _findings(_payload: ProposedProfile, after: State, situation: Situation) -> list[Finding]:
    athlete = replace(situation, profile=situation.profile | after).athlete
    return [finding for goal in after.get("goals", []) for finding in check_text(goal, athlete)]


TYPE = ActionType(
    name="update_profile",
    description="Propose a change of the user's profile; also, unasked, what they say of age, pregnancy, conditions or "
    "medicines and <profile> lacks. Lists are replaced as a whole; null leaves a field as it is.",
    payload=ProposedProfile,
    after=_after,
    findings=_findings,
    sparse=True,
)
