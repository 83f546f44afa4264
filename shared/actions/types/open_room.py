"""Opens a task room, in which several agents work on a prompt."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from shared.actions.action_type import ActionType, State
from shared.platform.text import NoNul
from shared.safety.advice import Reader
from shared.safety.classifier import find_urgency
from shared.safety.findings import Finding
from shared.safety.nutrition import check_text
from shared.safety.situation import Situation


class RoomPrompt(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000), NoNul]


def _after(payload: RoomPrompt, _before: State | None, _action_id: UUID) -> State:
    return {"room": {"task_prompt": payload.prompt, "status": "pending"}}


def _findings(payload: RoomPrompt, _after: State, situation: Situation) -> list[Finding]:
    if flag := find_urgency(payload.prompt):
        advice = flag.advice(Reader.of(situation.profile))
        return [Finding(flag.id, advice.text, advice.source)]
    return check_text(payload.prompt, situation.athlete)


TYPE = ActionType(
    name="open_room",
    description="Propose a task room for work that is too large for a chat: several agents research, write and produce "
    "files. The prompt must stand by itself.",
    payload=RoomPrompt,
    after=_after,
    findings=_findings,
    undo_for=timedelta(hours=1),
)
