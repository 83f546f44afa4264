"""Remembers a fact about the user for later conversations."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.actions.action_type import ActionType, InapplicableError, State
from shared.safety.findings import Finding
from shared.safety.situation import Situation
from shared.training.profile import Fact


class NewMemory(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    fact: Fact = Field(description="One sentence, in the user's language.")
    replaces: Fact | None = Field(None, description="An entry of <memories> that is true no more, word for word.")


def _after(payload: NewMemory, before: State | None, _action_id: UUID) -> State:
    before = before or {}
    if before.get("is_known"):
        raise InapplicableError("This is remembered already.")
    if payload.replaces and before.get("replaced") is None:
        raise InapplicableError("There is no such memory to replace.")
    if before.get("is_full") and not payload.replaces:
        raise InapplicableError("There are 100 memories already: delete one that is of no use any more.")
    return {"memory": payload.fact, "replaced": None, "is_known": False, "is_full": False}


def _findings(_payload: NewMemory, _after: State, _situation: Situation) -> list[Finding]:
    return []  # a fact is no advice; what comes of it is checked where it is given


TYPE = ActionType(
    name="remember",
    description=(
        "Propose to remember a fact about the user that matters beyond this conversation, such as a habit or a "
        "dislike. Not what belongs into the profile, a plan or a workout."
    ),
    payload=NewMemory,
    after=_after,
    findings=_findings,
    sparse=True,
)
