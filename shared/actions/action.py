"""An action as the API shows it, and what a client sends to decide about one."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.platform.request_body import RequestBody
from shared.platform.text import JsonObject, NoNul, StorableJson

Status = Literal["pending", "approved", "rejected", "executed", "failed"]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000), NoNul]


class Change(BaseModel):
    """One line of a preview. `before` null: there was nothing; `after` null: there would be nothing."""

    path: str
    before: Any
    after: Any
    unit: str | None


class Action(BaseModel):
    """A proposal and what became of it."""

    id: UUID
    session_id: UUID
    message_id: UUID | None = Field(description="The coach's message that it came with.")
    tool_call_id: str | None
    action_type: str
    status: Status
    version: int = Field(description="Of the preview: an approval names the one that the user saw.")
    payload: JsonObject
    proposed_payload: JsonObject | None = Field(description="What the coach proposed, where the user edited that.")
    payload_hash: str
    preview: list[Change]
    target_version: str
    origin: JsonObject = Field(description="Where it comes from: question, model, prompt, passages.")
    decision: Literal["approved", "rejected", "expired"] | None
    decision_reason: str | None
    decided_at: datetime | None
    result: Any
    error_message: str | None
    executed_at: datetime | None
    undo_until: datetime | None
    undone_at: datetime | None
    expires_at: datetime
    created_at: datetime


class Approval(RequestBody):
    model_config = ConfigDict(json_schema_extra={"example": {"version": 1}})

    version: int = Field(ge=1, description="`version` of the action as the user saw it.")
    edited_payload: StorableJson | None = Field(None, description="Replaces the proposed payload as a whole.")


class Rejection(RequestBody):
    model_config = ConfigDict(json_schema_extra={"example": {"reason": "Not this week"}})

    reason: Reason | None = Field(None, description="Told to the coach with the next question.")
