"""The events of a room."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from infra.contract.envelope import Envelope
from shared.rooms.schemas import FileVersion, Review, Role, RoomState, TaskState


# ------------------------------------------------------------------------------------------------------------- rooms
class RoomData(BaseModel):
    room: RoomState


class RoomUpdated(Envelope):
    """The room is as it says now. The user's stream is told when it waits, goes on, is tried again or has ended."""

    type: Literal["room.updated"]
    data: RoomData


class TaskData(BaseModel):
    task: TaskState


class TaskStarted(Envelope):
    """An agent has begun a task, or goes on with it."""

    type: Literal["task.started"]
    data: TaskData


class TaskThrottled(Envelope):
    """The model's provider has no capacity: the task waits until `throttled_until`, and then begins again."""

    type: Literal["task.throttled"]
    data: TaskData


class TaskCompleted(Envelope):
    """A task is done."""

    type: Literal["task.completed"]
    data: TaskData


class TaskFailed(Envelope):
    """A task ended without a result: its status is failed, skipped or cancelled, and `error_code` says why."""

    type: Literal["task.failed"]
    data: TaskData


class FileData(BaseModel):
    file: FileVersion


class FileCreated(Envelope):
    """There is a new file, or a new version of one."""

    type: Literal["file.created"]
    data: FileData


class ReviewData(BaseModel):
    review: Review


class ReviewCompleted(Envelope):
    """The reviewer has looked at what was delivered, a second time after repairs."""

    type: Literal["review.completed"]
    data: ReviewData


class RequestedInput(BaseModel):
    """What an agent waits for. The question itself is in the owner's snapshot of the room."""

    id: UUID
    room_id: UUID
    kind: Literal["question", "budget"]
    task_id: UUID
    task_key: str
    role: Role


class InputData(BaseModel):
    input: RequestedInput


class InputRequested(Envelope):
    """An agent asks the room's owner something."""

    type: Literal["input.requested"]
    data: InputData


class BudgetReached(Envelope):
    """A limit of the room's budget is used up; it goes on when its owner raises that."""

    type: Literal["budget.reached"]
    data: InputData


class BudgetShare(BaseModel):
    limit: Literal["tokens", "cost", "calls", "seconds", "files", "bytes"]
    share: float = Field(description="That is used; 1 is all.")


class BudgetWarning(Envelope):
    """Four fifths of a limit of the room's budget are used."""

    type: Literal["budget.warning"]
    data: BudgetShare


class Nothing(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EventWithheld(Envelope):
    """Stands in the place of an event of a shared room that is its owner's alone."""

    type: Literal["event.withheld"]
    data: Nothing
