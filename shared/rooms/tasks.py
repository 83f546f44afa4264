"""Runs one task for the state machine: to its end, to a question for the owner, or to the end of this worker's time."""

from typing import Literal, TypedDict
from uuid import UUID

from shared.database.client import Database
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.errors import DomainError, UnavailableError
from shared.platform.observability import count, log_fault, logger
from shared.realtime.publishing import forget, publish
from shared.realtime.push import Pusher
from shared.rooms import step_queries
from shared.rooms.agent import Agent
from shared.rooms.errors import (
    FAULT,
    BudgetHeld,
    NotPermittedError,
    OwnerNeeded,
    ProviderMisconfigured,
    ProviderRateLimited,
    ProviderUnavailable,
    TaskBusy,
    TaskFailedError,
    TaskInterrupted,
    code_of,
)
from shared.rooms.preview import PACE
from shared.rooms.step_queries import TaskOutcome
from shared.rooms.task_files import TaskFiles
from shared.rooms.throttling import NONE, patiently
from shared.rooms.work import TaskWork, Worker

WAITS: dict[str, Literal["budget", "hold"]] = {"budget_reached": "budget", "held": "hold"}  # by why it may not go on
MAX_SUMMARY = 4000  # characters: an agent is asked for two or three sentences, the column holds 20,000


class TaskResult(TypedDict):
    """As the state machine reads it. outcome: done, failed, skipped, cancelled, waiting or throttled."""

    outcome: str
    wait_id: str | None  # of what is waited for
    wait_seconds: int  # before the task is gone on with, where a provider has no capacity
    waited: int  # seconds in all, since the agent was last answered


def run_task(
    database: Database, room_id: UUID, task_id: UUID, run: int | None, deadline: Deadline, waited: int
) -> TaskResult:
    """Go on with a task wherever it stands; one that has ended is left alone, so this is safe to repeat.

    `run` is that of the execution: an earlier one than the room's may do nothing more. `waited` is what the last
    result said. Raises TaskBusy, BudgetHeld, TaskInterrupted, ProviderUnavailable, ProviderRateLimited (after too long
    a wait), ProviderMisconfigured, UnavailableError.
    """
    lease = settings.load(settings.AgentSettings).task_lease_seconds
    begun = publish(database, step_queries.begin_task(database, room_id, task_id, lease, run))
    if begun.outcome == "busy":
        raise TaskBusy
    if begun.outcome != "run":
        return _result(begun.outcome, begun.wait_id)
    result, pause = patiently(database, begun.work.worker, lambda: _worked(database, begun.work, deadline), waited)
    return result or {"outcome": "throttled", "wait_id": None, **pause}


def fail_task(database: Database, room_id: UUID, task_id: UUID, error: str, deadline: Deadline) -> TaskResult:
    """End a task whose worker failed for good; the other tasks go on. `error` is what Step Functions caught.

    The workflow goes on, too: that it was a fault of ours only this counter tells.
    """
    if code_of(error) == FAULT:
        count("Faults")
    lease = settings.load(settings.AgentSettings).task_lease_seconds
    begun = publish(database, step_queries.begin_task(database, room_id, task_id, lease))
    if begun.outcome == "run":
        _cite(TaskFiles(database, begun.work, deadline))
    return _failed(database, Worker(str(room_id), str(task_id)), code_of(error))


def _worked(database: Database, work: TaskWork, deadline: Deadline) -> TaskResult:
    try:
        summary = _summary(database, work, deadline)
    except (
        BudgetHeld,
        TaskInterrupted,
        ProviderUnavailable,
        ProviderRateLimited,
        ProviderMisconfigured,
        UnavailableError,
    ):
        _release(database, work)
        raise
    except TaskFailedError as fault:
        return _failed(database, work.worker, fault.code)
    except OwnerNeeded as needed:
        return _published(database, step_queries.request_input(database, work.worker, "question", needed.question))
    except NotPermittedError as refused:
        if kind := WAITS.get(refused.reason):
            return _published(database, step_queries.request_input(database, work.worker, kind))
        return _result("cancelled")
    return _published(
        database, step_queries.finish_task(database, work.worker, work.screen.said(summary)[:MAX_SUMMARY])
    )


def _summary(database: Database, work: TaskWork, deadline: Deadline) -> str:
    """The agent's last words. What is previewed of it goes before any event that follows. Raises what `run` does."""
    with Pusher(f"room:{work.room.id}", (), PACE) as pusher:
        agent = Agent(database, work, deadline, pusher)
        try:
            return agent.run()
        except TaskFailedError:
            _cite(agent.toolbox.files)
            raise
        finally:
            forget(database, pusher.gone)


def _cite(files: TaskFiles) -> None:
    """As a task that is done does it: what has been written is all that there will be. Never raises."""
    try:
        files.cite()
    except (NotPermittedError, DomainError) as fault:
        log_fault("the quotes of an unfinished file could not be checked", fault)


def _release(database: Database, work: TaskWork) -> None:
    """Let the next worker begin at once, and not when this one would count as dead. Never raises."""
    try:
        step_queries.release_task(database, work.worker)
    except DomainError as fault:
        log_fault("a task could not be given back", fault)


def _failed(database: Database, worker: Worker, code: str) -> TaskResult:
    logger.info("a task failed", task=worker.task, code=code)
    return _published(database, step_queries.fail_task(database, worker, code))


def _published(database: Database, task: TaskOutcome) -> TaskResult:
    publish(database, task)
    return _result(task.outcome, task.wait_id)


def _result(outcome: str, wait_id: UUID | None = None) -> TaskResult:
    return {"outcome": outcome, "wait_id": str(wait_id) if wait_id else None, **NONE}
