"""A task that a worker has begun, with all that its agent needs; as the database gives it."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from shared.llm.providers import Choice
from shared.llm.request import Message


class RoomFile(BaseModel):
    """A file as agents see it: published ones, and this task's own drafts."""

    filename: str
    key: str
    size: int
    sha256: str | None
    mime: str | None
    description: str | None = None
    task_id: UUID | None = None  # none: the owner gave it
    status: Literal["draft", "published"]


class RoomBrief(BaseModel):
    id: UUID
    user_id: UUID
    task_prompt: str
    folder_path: str
    provider: Choice | None = None


class TaskBrief(BaseModel):
    id: UUID
    key: str
    role: Literal["researcher", "writer", "coder"]
    brief: str
    deliverables: list[str]
    attempt: int
    calls: int
    tokens_used: int
    transcript: list[Message]


class Answer(BaseModel):
    question: str
    answer: str


class TaskWork(BaseModel):
    room: RoomBrief
    task: TaskBrief
    files: list[RoomFile]
    answers: list[Answer]  # of the owner to this task's questions, in their order
    steer: list[str]  # what the owner told all agents, oldest first

    @property
    def task_id(self) -> UUID:
        return self.task.id

    @property
    def folder(self) -> str:
        return self.room.folder_path

    def address(self) -> dict[str, Any]:
        """Which task, and which worker of it: one that was overtaken can write no more."""
        return {"p_room_id": str(self.room.id), "p_task_id": str(self.task.id), "p_attempt": self.task.attempt}
