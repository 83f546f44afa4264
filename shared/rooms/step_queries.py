"""What the workflow and its agents ask the database; all of it is safe to repeat.

Each raises UnavailableError where the database does not answer, NotFoundError for a room or task that there is not.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from shared.database.client import Database
from shared.llm.answer import Answer
from shared.llm.catalogue import Cost
from shared.llm.request import Message
from shared.platform.text import storable_document
from shared.realtime.publishing import Change
from shared.rooms.schemas import Estimate, InputKind, Review
from shared.rooms.screen import Screen
from shared.rooms.work import AgentFile, Plan, PlannedTask, RoomWork, TaskWork, Worker


# ---------------------------------------------------------------------------------------------------------- of a room
class ChangedWork(Change, frozen=True):
    work: RoomWork


def room_work(database: Database, room_id: UUID) -> RoomWork:
    """Everything that planning, review and finish work with."""
    return RoomWork.model_validate(database.rpc("room_work", p_room_id=str(room_id)))


def store_plan(
    database: Database, room_id: UUID, plan: Plan, estimate: Estimate, origin: str, prompt_hash: str
) -> ChangedWork:
    """Store what was planned, unless a plan is there: that one wins."""
    made = {"criteria": plan.criteria, "origin": origin, "prompt_hash": prompt_hash}
    row = {**made, "estimate": estimate.model_dump(mode="json")}
    rows = [asdict(task) for task in plan.tasks]
    stored = database.rpc("store_plan", p_room_id=str(room_id), p_plan=row, p_tasks=rows)
    return ChangedWork.model_validate({**stored, "work": stored})


def add_repairs(database: Database, room_id: UUID, tasks: Sequence[PlannedTask]) -> ChangedWork:
    """Add the one round of repairs, unless it is there: that one wins."""
    stored = database.rpc("add_repairs", p_room_id=str(room_id), p_tasks=[asdict(task) for task in tasks])
    return ChangedWork.model_validate({**stored, "work": stored})


def store_review(database: Database, room_id: UUID, review: Review, run: int) -> Change:
    """Keep what the reviewer said, and tell it; a room that has ended, or whose run is over, stays as it is."""
    row = storable_document(review.model_dump(mode="json"))
    return Change.model_validate(database.rpc("store_review", p_room_id=str(room_id), p_review=row, p_run=run))


# ---------------------------------------------------------------------------------------------------------- of a task
class BegunTask(Change, frozen=True):
    """`run`: the task is this worker's. `busy`: another one has it, or a task before it is not done."""

    outcome: Literal["run", "busy", "waiting", "done", "failed", "skipped", "cancelled"]
    wait_id: UUID | None
    work: TaskWork


class TaskOutcome(Change, frozen=True):
    """How a task stands after what its worker told; `cancelled` also for a worker that was overtaken."""

    outcome: Literal["waiting", "done", "failed", "skipped", "cancelled"]
    wait_id: UUID | None = None  # of what it waits for


def begin_task(
    database: Database, room_id: UUID, task_id: UUID, lease_seconds: float, run: int | None = None
) -> BegunTask:
    """Give a task to this worker until it has been silent for so long."""
    begun = database.rpc(
        "begin_task", p_room_id=str(room_id), p_task_id=str(task_id), p_lease_seconds=lease_seconds, p_run=run
    )
    return BegunTask.model_validate({**begun, "work": begun})


class RenewedTask(BaseModel, frozen=True):
    held: bool  # False: the room has ended, or the task is with another worker
    listeners: list[str] = []  # of the room


def renew_task(database: Database, worker: Worker) -> RenewedTask:
    """A sign of life while a model is asked."""
    renewed = database.rpc("renew_task", p_room_id=worker.room, p_task_id=worker.task, p_attempt=worker.attempt)
    return RenewedTask.model_validate(renewed)


def release_task(database: Database, worker: Worker) -> None:
    """Let the next worker go on at once."""
    database.rpc("release_task", p_room_id=worker.room, p_task_id=worker.task, p_attempt=worker.attempt)


def throttle_step(database: Database, worker: Worker, seconds: int) -> Change:
    """Tell who watches that a step waits so long for a provider, unless its worker has been overtaken."""
    told = database.rpc(
        "throttle_step", p_room_id=worker.room, p_task_id=worker.task, p_seconds=seconds, p_attempt=worker.attempt
    )
    return Change.model_validate(told)


def finish_task(database: Database, worker: Worker, summary: str) -> TaskOutcome:
    """End a task as done: its drafts become versions of the room's files."""
    finished = database.rpc(
        "finish_task", p_room_id=worker.room, p_task_id=worker.task, p_summary=summary, p_attempt=worker.attempt
    )
    return TaskOutcome.model_validate(finished)


def fail_task(database: Database, worker: Worker, error_code: str) -> TaskOutcome:
    """End a task without a result: its drafts go, the room's other tasks go on."""
    failed = database.rpc(
        "fail_task",
        p_room_id=worker.room,
        p_task_id=worker.task,
        p_error_code=error_code,
        p_attempt=worker.attempt,
    )
    return TaskOutcome.model_validate(failed)


def request_input(database: Database, worker: Worker, kind: InputKind, question: str | None = None) -> TaskOutcome:
    """Let a task wait for its owner's answer, for more budget, or until its owner lets the room go on."""
    requested = database.rpc(
        "request_input",
        p_room_id=worker.room,
        p_task_id=worker.task,
        p_kind=kind,
        p_question=question,
        p_attempt=worker.attempt,
    )
    return TaskOutcome.model_validate(requested)


def draft_file(database: Database, worker: Worker, file: AgentFile) -> bool:
    """Store what a task has written, in place of its earlier draft of that name; False: the task is not this worker's.

    Raises InvalidRequestError (too_many_files, too_many_bytes).
    """
    stored = database.rpc(
        "draft_file",
        p_room_id=worker.room,
        p_task_id=worker.task,
        p_file=file.model_dump(exclude={"task_id", "status"}),
        p_attempt=worker.attempt,
    )
    return bool(stored["outcome"] == "stored")


# ---------------------------------------------------------------------------------------------------- calls of a model
@dataclass(frozen=True)
class Step:
    """A call as a room records it: what was said by whom, and what it cost together with what led to it."""

    name: str  # recorded once: the same one of the same attempt changes nothing
    agent_name: str
    content: str
    answer: Answer
    tokens: int
    cost: Cost
    screen: Screen  # what is said is shown to the owner, and to whoever watches a shared room

    @cached_property  # also for who tries again
    def row(self) -> dict[str, object]:
        answer = self.answer
        return {
            "step": self.name,
            "agent_name": self.agent_name,
            "content": self.screen.told(self.content),
            "response": self.screen.said(answer.text or answer.refusal),
            "model_used": answer.model.name,
            "provider": answer.model.provider,
            "tool_calls": [self.screen.call(each) for each in answer.message.get("tool_calls") or []] or None,
            "token_count": answer.usage.completion,
            "tokens": self.tokens,
            "cost": str(self.cost.dollars),
            "cost_complete": self.cost.complete,
            "milliseconds": answer.milliseconds,
        }


class StepPermit(Change, frozen=True):
    proceed: bool
    reason: Literal["cancelled", "budget_reached", "budget_held", "held"] | None = None  # why not
    steer: tuple[str, ...] = ()  # what the owner told all agents
    recorded: str | None = None  # what the model said, where this step was recorded before


class RecordedStep(Change, frozen=True):
    proceed: bool  # False: the room has ended, or the task is with another worker


def begin_step(database: Database, worker: Worker, tokens: int, cost: Decimal, step: str | None = None) -> StepPermit:
    """Ask for a call that may use at most so many tokens and US dollars, and renew the lease."""
    permit = database.rpc(
        "begin_step",
        p_room_id=worker.room,
        p_task_id=worker.task,
        p_tokens=tokens,
        p_cost=str(cost),
        p_attempt=worker.attempt,
        p_step=step,
    )
    return StepPermit.model_validate(permit)


def record_step(database: Database, worker: Worker, step: Step, messages: Sequence[Message] = ()) -> RecordedStep:
    """Charge a call to the room, once, and append messages to the task's transcript."""
    recorded = database.rpc(
        "record_step",
        p_room_id=worker.room,
        p_task_id=worker.task,
        p_step=storable_document(step.row),
        p_messages=storable_document(list(messages)),
        p_attempt=worker.attempt,
    )
    return RecordedStep.model_validate(recorded)
