"""What the workflow and its agents work with, as the database gives it: a room, its tasks in order, its files."""

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from shared.llm.providers import Choice
from shared.llm.request import Message
from shared.rooms.schemas import ROLES

ENDED = ("done", "skipped", "cancelled")


@dataclass(frozen=True)
class Worker:
    """Which task, and which worker of it: one that was overtaken can write no more. No task: the orchestrator."""

    room_id: UUID
    task_id: UUID | None = None
    attempt: int | None = None  # none: whoever has it

    @property
    def room(self) -> str:
        return str(self.room_id)

    @property
    def task(self) -> str | None:
        return str(self.task_id) if self.task_id else None


class RoomFile(BaseModel, frozen=True):
    """A file as agents see it: published ones, and this task's own drafts."""

    filename: str
    key: str
    size: int
    sha256: str | None
    mime: str | None
    description: str | None = None
    task_id: UUID | None = None  # none: the owner gave it
    status: Literal["draft", "published"]


class RoomBrief(BaseModel, frozen=True):
    id: UUID
    user_id: UUID
    task_prompt: str
    folder_path: str
    provider: Choice | None = None


# ----------------------------------------------------------------------------------------------------------- of a task
class TaskBrief(BaseModel, frozen=True):
    id: UUID
    key: str
    role: Literal["researcher", "writer", "coder"]
    brief: str
    deliverables: list[str]
    attempt: int
    calls: int
    tokens_used: int
    transcript: list[Message]


class Answer(BaseModel, frozen=True):
    question: str
    answer: str


class TaskWork(BaseModel, frozen=True):
    """A task that a worker has begun, with all that its agent needs."""

    room: RoomBrief
    task: TaskBrief
    files: list[RoomFile]
    answers: list[Answer]  # of the owner to this task's questions, in their order
    steer: list[str]  # what the owner told all agents, oldest first

    @property
    def worker(self) -> Worker:
        return Worker(self.room.id, self.task.id, self.task.attempt)


# ----------------------------------------------------------------------------------------------------------- of a room
class PlanState(BaseModel, frozen=True):
    criteria: list[str] = []


class RoomState(RoomBrief, frozen=True):
    run: int
    agents: list[str]  # the roles that the owner wants; none: whichever the plan needs
    plan: PlanState | None
    steer: list[str]

    @property
    def roles(self) -> list[str]:
        return [role for role in ROLES if role in self.agents] or list(ROLES)


class TaskState(BaseModel, frozen=True):
    id: UUID
    key: str
    role: str
    brief: str
    deliverables: list[str]
    depends_on: list[str]
    round: int
    status: str


class RoomWork(BaseModel, frozen=True):
    """A room as planning, review and finish see it."""

    room: RoomState
    open: bool
    tasks: list[TaskState]
    files: list[RoomFile]  # the newest published ones

    @property
    def given(self) -> list[RoomFile]:
        """The owner's own files."""
        return [file for file in self.files if file.task_id is None]

    @property
    def waves(self) -> list[list[str]]:
        """The ids of what is not done yet; repairs come behind the work that they repair."""
        left = [task for task in self.tasks if task.status not in ENDED]
        return [wave for number in (0, 1) for wave in waves([task for task in left if task.round == number])]


def waves(tasks: Sequence[TaskState]) -> list[list[str]]:
    """The ids of the tasks in waves, in the order of the plan: each task after all that it depends on.

    What is no longer there is no hindrance.
    """
    ids = {task.key: str(task.id) for task in tasks}
    order = TopologicalSorter({task.key: [key for key in task.depends_on if key in ids] for task in tasks})
    order.prepare()
    found: list[list[str]] = []
    while order.is_active():
        ready = set(order.get_ready())
        found.append([ids[task.key] for task in tasks if task.key in ready])
        order.done(*ready)
    return found
