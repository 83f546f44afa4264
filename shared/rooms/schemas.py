"""Rooms and their files as the API shows them, and what an owner says to them."""

from datetime import datetime
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

# What stands in a path: the id, or the room_id that is shared.
RoomKey = Annotated[str, StringConstraints(pattern="^[0-9a-zA-Z-]{1,64}$")]
Role = Literal["researcher", "writer", "coder"]
ROLES: tuple[Role, ...] = get_args(Role)
ProviderChoice = Literal["OpenAI", "Gemini", "Mixed"]
RoomStatus = Literal["pending", "active", "processing", "completed", "failed"]
ExportFormat = Literal["html", "pdf", "docx", "ics"]
InputKind = Literal["question", "budget", "hold"]  # for what a task waits
TaskStatus = Literal["pending", "running", "waiting", "done", "failed", "skipped", "cancelled"]


def _criteria(plan: Any) -> list[str]:
    return list(plan.get("criteria", [])) if isinstance(plan, dict) else plan or []


class RoomState(BaseModel, frozen=True):
    """What a room's events say of it."""

    id: UUID
    room_id: str = Field(description="The id to share.")
    session_id: UUID | None = Field(
        None,
        description="The conversation from which it was opened: its owner sees that, in events on the stream `user:…`.",
    )
    status: RoomStatus = Field(description="`active`: it waits for its owner. `processing`: agents are at work.")
    status_reason: str | None = Field(examples=["input_requested", "budget_reached", "paused", "completed_with_issues"])
    issues: list[str] = Field(description="What is wrong with what was delivered.")
    run: int = Field(description="1, and one more with each retry, and each time that the room is gone on with.")
    part: int = Field(description="1: what `task_prompt` asks for; one more each time that the room is gone on with.")
    hold: Literal["pause", "plan"] | None = Field(
        description="Why no agent goes on: its owner has paused the room, or has a plan to look at."
    )
    provider: ProviderChoice | None
    agents: list[Role] = Field(description="The roles that were asked for; empty: whichever the work needs.")
    is_shared: bool
    llm_used: ProviderChoice | None
    agents_used: list[str] | None
    folder_path: str
    throttled_until: datetime | None = Field(
        None, description="Planning or review waits for the model's provider, which has no capacity, until about then."
    )
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class EstimatedRange(BaseModel, frozen=True):
    low: float
    high: float


class Estimate(BaseModel, frozen=True):
    """What the room will take, before it is known; its budget bounds it in any case."""

    dollars: EstimatedRange = Field(description="US dollars: of planning, of all tasks, and of the review.")
    minutes: EstimatedRange = Field(description="Of agents at work; waiting for you comes on top.")
    cost_complete: bool = Field(description="False: a model's price is not known; the cost is a lower bound.")
    measured: bool = Field(description="Whether it rests on what such tasks have used here lately.")


class ReviewedCriterion(BaseModel, frozen=True):
    criterion: str
    met: bool
    reason: str
    file: str = Field("", description="Where that is seen; empty: in all of them, or in none.")


class Review(BaseModel, frozen=True):
    """What the reviewer said of each criterion."""

    criteria: list[ReviewedCriterion]
    round: int = Field(description="1: of the work as planned, 2: after its repairs.")


class Room(RoomState, frozen=True):
    task_prompt: str
    follow_up: str | None = Field(description="What its owner asked for when the room was last gone on with.")
    criteria: Annotated[list[str], BeforeValidator(_criteria)] = Field(
        validation_alias="plan", description="By which the work is reviewed; empty until there is a plan."
    )
    estimate: Estimate | None = Field(
        None,
        description="Made when it was opened, and anew with its plan. Null where it is not known. Its owner sees it.",
    )


class TaskState(BaseModel, frozen=True):
    """What a room's events say of a task."""

    id: UUID
    key: str
    position: int
    role: Role
    deliverables: list[str]
    depends_on: list[str]
    round: int = Field(description="0: planned, 1: a repair after the review.")
    part: int = Field(description="Of the room, when it was planned.")
    status: TaskStatus
    error_code: str | None
    summary: str | None = Field(description="Of its result; an event has the first 1,000 characters.")
    calls: int
    throttled_until: datetime | None = Field(
        None,
        description="It waits for the model's provider, which has no capacity, until about then, though `running`.",
    )
    started_at: datetime | None
    ended_at: datetime | None


class Task(TaskState, frozen=True):
    brief: str
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
    is_partial: bool = Field(description="Its task failed before it was done: what there was is kept.")
    quotes_dropped: int = Field(0, description="Quotes that stood in no passage that they named: their marks are gone.")
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


class FileCopy(BaseModel, frozen=True):
    """Made when it is asked for; the bucket forgets it after a day."""

    filename: str
    mime: str
    size: int = Field(description="Bytes.")
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
    kind: InputKind
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
    review: Review | None = Field(description="Null until there is one. What it found wanting is in `issues`.")
    as_of: int = Field(description="The `seq` that the room's stream had: read its events on from here.")


class AnsweredRoom(BaseModel):
    room: Room
    budget: Budget


class RoomUpload(BaseModel):
    id: UUID = Field(description="For `input_file_ids` of createRoom, or answerRoom, once the content is there.")
    filename: str
    url: str = Field(description="PUT the content here, with exactly these headers.")
    headers: dict[str, str]
    expires_at: datetime
