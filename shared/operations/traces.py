"""How one turn or one room went, as operators see it: ids, codes, numbers and times, no word of what was said."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from shared.actions.action import Status
from shared.operations.schemas import SeenRoom, SeenTurn
from shared.platform.text import JsonObject
from shared.quotas import Dollars
from shared.rooms.schemas import Budget, InputKind, Role, TaskStatus


class Reserved(BaseModel):
    """What was held back of a user's week, and what was used of it."""

    status: Literal["reserved", "settled", "released"]
    tokens_reserved: int
    tokens_used: int | None
    cost_reserved: Dollars
    cost_used: Dollars | None
    estimated: bool
    cost_complete: bool
    charged: bool


class TracedStage(BaseModel):
    stage: Literal[
        "started", "reserved", "asked", "cancel_requested", "answered", "settled", "completed", "cancelled", "failed"
    ]
    at: datetime


class TracedAction(BaseModel):
    id: UUID
    action_type: str
    status: Status
    decision: Literal["approved", "rejected", "expired"] | None
    created_at: datetime
    decided_at: datetime | None
    executed_at: datetime | None
    undone_at: datetime | None


class TurnTrace(BaseModel):
    turn: SeenTurn
    receipt: JsonObject | None = Field(description="What the answer was made from; null where no model answered.")
    reservation: Reserved | None
    stages: list[TracedStage]
    actions: list[TracedAction] = Field(description="What was proposed, and what became of it.")


class TracedTask(BaseModel):
    id: UUID
    key: str
    role: Role
    part: int
    round: int = Field(description="1: a repair after the review.")
    depends_on: list[str]
    status: TaskStatus
    error_code: str | None
    attempts: int
    calls: int
    tokens: int
    cost: Dollars
    started_at: datetime | None
    ended_at: datetime | None


class TracedCall(BaseModel):
    task_id: UUID | None = Field(description="Null: planning or review.")
    agent: str
    attempt: int | None
    step: str
    model: str | None
    provider: str | None
    tokens: int | None
    tool_calls: int
    at: datetime = Field(description="When it was recorded.")


class TracedInput(BaseModel):
    task_id: UUID
    kind: InputKind
    asked_at: datetime
    answered_at: datetime | None
    closed_at: datetime | None


class TracedFile(BaseModel):
    task_id: UUID | None = Field(description="Null: the owner's.")
    version: int | None
    size: int
    mime: str | None
    status: Literal["draft", "published"]
    created_at: datetime


class TracedEvent(BaseModel):
    seq: int
    type: str
    at: datetime


class RoomTrace(BaseModel):
    room: SeenRoom
    budget: Budget
    reservations: list[Reserved]
    tasks: list[TracedTask]
    calls: list[TracedCall] = Field(description="The first 1,000.")
    inputs: list[TracedInput] = Field(description="What its agents waited for.")
    files: list[TracedFile]
    events: list[TracedEvent] = Field(description="Of the last seven days, the first 1,000.")
