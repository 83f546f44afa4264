"""What the workflow and its agents work with, as the database gives it: a room, its tasks in order, its files."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from pydantic import BaseModel

from shared.llm.request import Message
from shared.rooms.schemas import ROLES, ProviderChoice, Review, Role, Task
from shared.safety.situation import StoredAthlete

if TYPE_CHECKING:  # most functions of rooms screen nothing, and the rules of answers are dear
    from shared.rooms.screen import Screen

MAX_DELIVERABLES = 4  # of one task: eight of them stay below the 50 files of a room's usual budget
MAX_BRIEF = 6000  # characters; the column holds 8,000
ENDED = ("done", "skipped", "cancelled")


@dataclass(frozen=True)
class Worker:
    """Which task, and which worker of it: one that was overtaken can write no more. No task: a run's orchestrator."""

    room: str  # ids
    task: str | None = None
    attempt: int | None = None  # of the task, or the room's run; none: whoever has it


class AgentFile(BaseModel, frozen=True):
    """A file as agents see it: published ones, and this task's own drafts."""

    filename: str
    key: str
    size: int
    sha256: str | None
    mime: str | None
    description: str | None = None
    task_id: UUID | None = None  # none: the owner gave it
    status: Literal["draft", "published"]
    quotes_dropped: int = 0  # which stand in no passage that they name


class Said(BaseModel, frozen=True):
    """A message of the conversation from which a room was opened, or its beginning."""

    role: Literal["user", "assistant"]
    content: str


class RoomBrief(BaseModel, frozen=True):
    """`follow_up` is what is asked for now, where the room is gone on with."""

    id: UUID
    user_id: UUID
    task_prompt: str
    follow_up: str | None = None
    folder_path: str
    provider: ProviderChoice | None = None
    conversation: list[Said] = []  # that led to it, oldest first

    @property
    def asked(self) -> list[str]:
        """What the owner asked for, the newest last."""
        return [self.task_prompt, *filter(None, [self.follow_up])]

    @property
    def words(self) -> list[str]:
        """What the owner said before and in asking, oldest first."""
        return [*(each.content for each in self.conversation if each.role == "user"), *self.asked]


# ----------------------------------------------------------------------------------------------------------- of a task
class TaskBrief(BaseModel, frozen=True):
    id: UUID
    role: Role
    brief: str
    deliverables: list[str]
    attempt: int
    tokens_used: int
    transcript: list[Message]


class OwnerAnswer(BaseModel, frozen=True):
    answer: str


class TaskWork(BaseModel, frozen=True):
    """A task that a worker has begun, with all that its agent needs."""

    room: RoomBrief
    task: TaskBrief
    files: list[AgentFile]
    answers: list[OwnerAnswer]  # to this task's questions, in their order
    steer: list[str]  # what the owner told all agents, oldest first
    athlete: StoredAthlete  # the owner
    token_limit: int  # of the room

    @property
    def has_training(self) -> bool:
        """Whether the owner follows a plan, or has logged a workout of late."""
        return bool(self.athlete.plan or self.athlete.workouts)

    @cached_property
    def screen(self) -> "Screen":
        """For what this task's agent writes."""
        from shared.rooms.screen import Screen

        answers = (each.answer for each in self.answers)
        return Screen.of(self.athlete, [*self.room.words, *self.steer, *answers])

    @property
    def worker(self) -> Worker:
        return Worker(str(self.room.id), str(self.task.id), self.task.attempt)


# ----------------------------------------------------------------------------------------------------------- of a room
@dataclass(frozen=True)
class PlannedTask:
    key: str
    role: str
    brief: str
    deliverables: list[str]  # names of files
    depends_on: list[str]  # keys


@dataclass(frozen=True)
class Plan:
    criteria: list[str]
    tasks: list[PlannedTask]


class StoredPlan(BaseModel, frozen=True):
    criteria: list[str] = []


class RoomState(RoomBrief, frozen=True):
    agents: list[Role]  # those that the owner wants; none: whichever the plan needs
    plan: StoredPlan | None
    review: Review | None = None
    steer: list[str] = []

    @property
    def roles(self) -> list[Role]:
        return [role for role in ROLES if role in self.agents] or list(ROLES)


class RoomWork(BaseModel, frozen=True):
    """A room as planning, review and finish see it."""

    room: RoomState
    open: bool
    tasks: list[Task]
    files: list[AgentFile]  # the newest published ones
    athlete: StoredAthlete  # the owner

    @cached_property
    def screen(self) -> "Screen":
        """For what is planned and said of the room as a whole."""
        from shared.rooms.screen import Screen

        return Screen.of(self.athlete, [*self.room.words, *self.room.steer])

    @property
    def given(self) -> list[AgentFile]:
        """The owner's own files."""
        return [file for file in self.files if file.task_id is None]

    @property
    def planned(self) -> list[Task]:
        return [task for task in self.tasks if task.round == 0]

    @property
    def repairs(self) -> list[Task]:
        return [task for task in self.tasks if task.round == 1]

    @property
    def waves(self) -> list[list[str]]:
        """The ids of what is not done yet; repairs come behind the work that they repair."""
        rounds = (self.planned, self.repairs)
        return [wave for tasks in rounds for wave in waves([task for task in tasks if task.status not in ENDED])]


def waves(tasks: Sequence[Task]) -> list[list[str]]:
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
