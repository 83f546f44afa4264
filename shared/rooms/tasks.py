"""Runs one task for the state machine: to its end, to a question for the owner, or to the end of this worker's time."""

from typing import TypedDict
from uuid import UUID

from shared.database.client import Database
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.errors import DomainError, UnavailableError
from shared.platform.observability import log_fault, logger
from shared.realtime.publishing import publish
from shared.rooms import step_queries
from shared.rooms.agent import Agent
from shared.rooms.errors import (
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
from shared.rooms.step_queries import TaskOutcome
from shared.rooms.work import TaskWork, Worker
from shared.safety.markup import strip_markup

MAX_SUMMARY = 4000  # characters: an agent is asked for two or three sentences, the column holds 20,000


class TaskResult(TypedDict):
    """As the state machine reads it. outcome: done, failed, skipped, cancelled or waiting."""

    outcome: str
    wait_id: str | None  # of what is waited for


def run_task(database: Database, room_id: UUID, task_id: UUID, run: int | None, deadline: Deadline) -> TaskResult:
    """Go on with a task wherever it stands; one that has ended is left alone, so this is safe to repeat.

    `run` is that of the execution: an earlier one than the room's may do nothing more. Raises TaskBusy,
    TaskInterrupted, ProviderUnavailable, ProviderRateLimited, ProviderMisconfigured, UnavailableError.
    """
    lease = settings.load(settings.AgentSettings).task_lease_seconds
    begun = publish(database, step_queries.begin_task(database, room_id, task_id, lease, run))
    if begun.outcome == "busy":
        raise TaskBusy
    if begun.outcome != "run":
        return _result(begun.outcome, begun.wait_id)
    return _worked(database, begun.work, deadline)


def fail_task(database: Database, room_id: UUID, task_id: UUID, error: str) -> TaskResult:
    """End a task whose worker failed for good; the other tasks go on. `error` is what Step Functions caught."""
    return _failed(database, Worker(str(room_id), str(task_id)), code_of(error))


def _worked(database: Database, work: TaskWork, deadline: Deadline) -> TaskResult:
    try:
        summary = Agent(database, work, deadline).run()
    except (TaskInterrupted, ProviderUnavailable, ProviderRateLimited, ProviderMisconfigured, UnavailableError):
        _release(database, work)
        raise
    except TaskFailedError as fault:
        return _failed(database, work.worker, fault.code)
    except OwnerNeeded as needed:
        return _published(database, step_queries.request_input(database, work.worker, "question", needed.question))
    except NotPermittedError as refused:
        if refused.reason == "budget_reached":
            return _published(database, step_queries.request_input(database, work.worker, "budget"))
        return _result("cancelled")
    return _published(database, step_queries.finish_task(database, work.worker, strip_markup(summary)[:MAX_SUMMARY]))


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
    return {"outcome": outcome, "wait_id": str(wait_id) if wait_id else None}
