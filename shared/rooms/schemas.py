"""Rooms and their files as the API shows them, and what an owner says to them."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self, get_args
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from shared.platform.request_body import RequestBody
from shared.platform.text import NoNul

MAX_UPLOAD_BYTES = 10 * 1024 * 1024  # half of what a room's files may have by default

# What stands in a path: the id, or the room_id that is shared.
RoomKey = Annotated[str, StringConstraints(pattern="^[0-9a-zA-Z-]{1,64}$")]
Role = Literal["researcher", "writer", "coder"]
ROLES: tuple[Role, ...] = get_args(Role)
ProviderChoice = Literal["OpenAI", "Gemini", "Mixed"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000), NoNul]
RoomStatus = Literal["pending", "active", "processing", "completed", "failed"]
TaskStatus = Literal["pending", "running", "waiting", "done", "failed", "skipped", "cancelled"]


def _criteria(plan: Any) -> list[str]:
    return list(plan.get("criteria", [])) if isinstance(plan, dict) else plan or []


class Room(BaseModel, frozen=True):
    id: UUID
    room_id: str = Field(description="The id to share.")
    session_id: UUID | None = Field(None, description="The conversation from which it was opened; its owner sees that.")
    task_prompt: str
    status: RoomStatus = Field(description="`active`: it waits for its owner. `processing`: agents are at work.")
    status_reason: str | None = Field(examples=["input_requested", "budget_reached", "completed_with_issues"])
    issues: list[str] = Field(description="What is wrong with what was delivered.")
    run: int = Field(description="1, and one more with each retry.")
    criteria: Annotated[list[str], BeforeValidator(_criteria)] = Field(
        validation_alias="plan", description="By which the work is reviewed; empty until there is a plan."
    )
    provider: ProviderChoice | None
    agents: list[Role] = Field(description="The roles that were asked for; empty: whichever the work needs.")
    is_shared: bool
    llm_used: ProviderChoice | None
    agents_used: list[str] | None
    folder_path: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class Task(BaseModel, frozen=True):
    id: UUID
    key: str
    position: int
    role: Role
    brief: str
    deliverables: list[str]
    depends_on: list[str]
    round: int = Field(description="0: planned, 1: a repair after the review.")
    status: TaskStatus
    error_code: str | None
    summary: str | None
    calls: int
    started_at: datetime | None
    ended_at: datetime | None
    tokens_used: int | None = Field(None, description="Its owner sees that.")
    cost_used: float | None = Field(None, description="US dollars. Its owner sees that.")


class FileVersion(BaseModel, frozen=True):
    id: UUID
    filename: str
    version: int
    size: int = Field(description="Bytes.")
    sha256: str | None
    mime: str | None
    description: str | None
    task_id: UUID | None = Field(description="The task that made it; null for the owner's own.")
    created_at: datetime


class RoomFile(FileVersion, frozen=True):
    """The newest version, and all of them, the oldest first."""

    versions: list[FileVersion]


class RoomFiles(BaseModel):
    items: list[RoomFile]


class DownloadableFile(RoomFile, frozen=True):
    """The version that was asked for."""

    url: str = Field(description="GET the content here.")
    expires_at: datetime


class RoomMessage(BaseModel, frozen=True):
    id: UUID
    task_id: UUID | None
    agent_name: str = Field(examples=["@researcher"])
    response: str | None
    model_used: str | None
    timestamp: datetime
    content: str | None = Field(None, description="What the agent was told. Its owner sees that.")
    tool_calls: list[dict[str, object]] | None = None
    token_count: int | None = None


class Input(BaseModel, frozen=True):
    """What an agent waits for."""

    id: UUID
    task_id: UUID
    kind: Literal["question", "budget"]
    question: str | None
    answer: str | None
    asked_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    closed_at: datetime | None


class Limits(BaseModel, frozen=True):
    tokens: int
    cost: float = Field(description="US dollars.")
    calls: int = Field(description="Of a model.")
    seconds: float = Field(description="Of agents at work; waiting for the owner is free.")
    files: int
    bytes: int


class Budget(BaseModel, frozen=True):
    limits: Limits
    used: Limits
    cost_complete: bool = Field(description="False: a model's price is not known; the cost is a lower bound.")
    estimated: bool


class RoomSnapshot(BaseModel, frozen=True):
    """All of one instant. Whoever reads a shared room sees no budget, no questions and no instructions."""

    access: Literal["owner", "reader"]
    room: Room
    tasks: list[Task]
    files: list[FileVersion] = Field(description="The newest versions.")
    messages: list[RoomMessage] = Field(description="The newest 50.")
    inputs: list[Input] | None = None
    budget: Budget | None = None
    steer: list[str] | None = Field(None, description="What the owner told all agents.")
    as_of: int = Field(description="The `seq` that the room's stream had: read its events on from here.")


class NewLimits(RequestBody):
    """What is left out stays as it is: a new room's usual budget, or the limits that the room has."""

    model_config = ConfigDict(frozen=True)

    tokens: int | None = Field(None, ge=1000, le=10_000_000)
    cost: float | None = Field(None, ge=0, le=1000, description="US dollars.")
    calls: int | None = Field(None, ge=1, le=1000, description="Of a model.")
    seconds: int | None = Field(None, ge=10, le=86_400, description="Of agents at work; waiting for you is free.")
    files: int | None = Field(None, ge=1, le=200)
    bytes: int | None = Field(None, ge=1, le=100 * 1024 * 1024)

    @property
    def stated(self) -> dict[str, float]:
        return self.model_dump(exclude_none=True)


class NewRoom(RequestBody):
    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={"example": {"task_prompt": "Write a four-week plan for my first pull-up."}},
    )

    task_prompt: Text
    agents: list[Role] = Field(default_factory=list, max_length=3, description="Left out: whichever the work needs.")
    provider: ProviderChoice | None = Field(None, description="One of them only; left out or Mixed: whichever is up.")
    budget: NewLimits = NewLimits()
    input_file_ids: list[UUID] = Field(default_factory=list, max_length=20, description="Of createRoomUpload.")
    session_id: UUID | None = Field(None, description="The conversation that it belongs to.")


class RoomAnswer(RequestBody):
    """Any of these; at least one."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {"answer": "Three evenings a week."},
            "minProperties": 1,
            "dependentRequired": {"input_id": ["answer"]},
        },
    )

    input_id: UUID | None = Field(None, description="The question. Left out: the only open one.")
    answer: Text | None = None
    steer: Text | None = Field(None, description="An instruction to all agents that are still at work.")
    budget: NewLimits | None = Field(None, description="New limits, none below the ones before.")
    input_file_ids: list[UUID] = Field(default_factory=list, max_length=20, description="Of createRoomUpload.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.answer or self.steer or self.input_file_ids or self.limits):
            raise ValueError("say at least one of answer, steer, budget, input_file_ids")
        if self.input_id and not self.answer:
            raise ValueError("input_id needs an answer")
        return self

    @property
    def limits(self) -> dict[str, float]:
        return self.budget.stated if self.budget else {}


class AnsweredRoom(BaseModel):
    room: Room
    budget: Budget


class Sharing(RequestBody):
    shared: bool = Field(description="Whether everybody who is signed in and knows the room_id may watch.")


class NewRoomUpload(RequestBody):
    model_config = ConfigDict(
        json_schema_extra={"example": {"filename": "log.csv", "size": 2048, "sha256": "0" * 64}},
    )

    filename: str = Field(min_length=1, max_length=1000, description="Without folders, with an allowed ending.")
    size: int = Field(ge=1, le=MAX_UPLOAD_BYTES, description="Bytes.")
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] = Field(description="Of the content.")
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), NoNul] = ""


class RoomUpload(BaseModel):
    id: UUID = Field(description="For `input_file_ids` of createRoom, or answerRoom, once the content is there.")
    filename: str
    url: str = Field(description="PUT the content here, with exactly these headers.")
    headers: dict[str, str]
    expires_at: datetime
