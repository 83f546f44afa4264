"""Runs one task for the state machine: to its end, to a question for the owner, or to the end of this worker's time."""

from uuid import UUID

from shared.database.client import Database
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.errors import DomainError, UnavailableError
from shared.platform.observability import log_fault, logger
from shared.platform.text import storable
from shared.realtime.publishing import publish
from shared.rooms import step_queries
from shared.rooms.agent import Agent, TaskFailedError
from shared.rooms.outcomes import (
    NotPermittedError,
    ProviderMisconfigured,
    ProviderRateLimited,
    ProviderUnavailable,
    TaskBusy,
    TaskInterrupted,
    code_of,
)
from shared.rooms.step_queries import TaskOutcome
from shared.rooms.tools import OwnerNeeded
from shared.rooms.work import TaskWork, Worker

MOST_SUMMARY = 4000  # characters

# As the state machine reads it. outcome: done, failed, skipped, cancelled or waiting; wait_id of what is waited for.
Outcome = dict[str, str | None]


def run_task(database: Database, room_id: UUID, task_id: UUID, run: int | None, deadline: Deadline) -> Outcome:
    """Go on with a task wherever it stands; one that has ended is left alone, so this is safe to repeat.

    `run` is that of the execution: an earlier one than the room's may do nothing more. Raises the errors of
    `outcomes`, UnavailableError.
    """
    lease = settings.load(settings.AgentSettings).task_lease_seconds
    begun = step_queries.begin_task(database, room_id, task_id, lease, run)
    publish(database, begun)
    if begun.outcome == "busy":
        raise TaskBusy
    if begun.outcome != "run":
        return _outcome(begun.outcome, begun.wait_id)
    return _worked(database, begun.work, deadline)


def fail_task(database: Database, room_id: UUID, task_id: UUID, error: str) -> Outcome:
    """End a task whose worker failed for good; the other tasks go on. `error` is what Step Functions caught."""
    return _failed(database, Worker(room_id, task_id), code_of(error))


def _worked(database: Database, work: TaskWork, deadline: Deadline) -> Outcome:
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
            return _published(database, step_queries.request_input(database, work.worker, "budget", None))
        return _outcome("cancelled")
    return _published(database, step_queries.finish_task(database, work.worker, storable(summary)[:MOST_SUMMARY]))


def _release(database: Database, work: TaskWork) -> None:
    """Let the next worker begin at once, and not when this one would count as dead. Never raises."""
    try:
        step_queries.release_task(database, work.worker)
    except DomainError as fault:
        log_fault("a task could not be given back", fault)


def _failed(database: Database, worker: Worker, code: str) -> Outcome:
    logger.info("a task failed", task=worker.task, code=code)
    return _published(database, step_queries.fail_task(database, worker, code))


def _published(database: Database, task: TaskOutcome) -> Outcome:
    publish(database, task)
    return _outcome(task.outcome, task.wait_id)


def _outcome(outcome: str, wait_id: UUID | None = None) -> Outcome:
    return {"outcome": outcome, "wait_id": str(wait_id) if wait_id else None}
