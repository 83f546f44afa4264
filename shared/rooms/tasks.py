"""Runs one task for the state machine: to its end, to a question for the owner, or to the end of this worker's time."""

from typing import Any
from uuid import UUID

from shared.database.client import Database
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.errors import DomainError, UnavailableError
from shared.platform.observability import log_fault, logger
from shared.platform.text import storable
from shared.realtime.publishing import publish
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
from shared.rooms.tools import OwnerNeeded
from shared.rooms.work import TaskWork

MOST_SUMMARY = 4000  # characters

Outcome = dict[str, Any]  # outcome: done, failed, skipped, cancelled or waiting; wait_id of what is waited for


def run_task(database: Database, room_id: UUID, task_id: UUID, run: int | None, deadline: Deadline) -> Outcome:
    """Go on with a task wherever it stands; one that has ended is left alone, so this is safe to repeat.

    `run` is that of the execution: an earlier one than the room's may do nothing more. Raises the errors of
    `outcomes`, UnavailableError.
    """
    lease = settings.load(settings.AgentSettings).task_lease_seconds
    begun = database.rpc("begin_task", p_room_id=str(room_id), p_task_id=str(task_id), p_lease_seconds=lease, p_run=run)
    publish(database, begun)
    if begun["outcome"] == "busy":
        raise TaskBusy
    if begun["outcome"] != "run":
        return _outcome(begun["outcome"], begun.get("wait_id"))
    return _worked(database, TaskWork.model_validate(begun), deadline)


def fail_task(database: Database, room_id: UUID, task_id: UUID, error: str) -> Outcome:
    """End a task whose worker failed for good; the other tasks go on. `error` is what Step Functions caught."""
    return _failed(database, {"p_room_id": str(room_id), "p_task_id": str(task_id), "p_attempt": None}, code_of(error))


def _worked(database: Database, work: TaskWork, deadline: Deadline) -> Outcome:
    try:
        summary = Agent(database, work, deadline).run()
    except (TaskInterrupted, ProviderUnavailable, ProviderRateLimited, ProviderMisconfigured, UnavailableError):
        _release(database, work)
        raise
    except TaskFailedError as fault:
        return _failed(database, work.address(), fault.code)
    except OwnerNeeded as needed:
        return _waiting(database, work, "question", needed.question)
    except NotPermittedError as refused:
        if refused.reason == "budget_reached":
            return _waiting(database, work, "budget", None)
        return _outcome("cancelled")
    told = database.rpc("finish_task", **work.address(), p_summary=storable(summary)[:MOST_SUMMARY])
    publish(database, told)
    return _outcome(told["outcome"])


def _release(database: Database, work: TaskWork) -> None:
    """Let the next worker begin at once, and not when this one would count as dead. Never raises."""
    try:
        database.rpc("release_task", **work.address())
    except DomainError as fault:
        log_fault("a task could not be given back", fault)


def _waiting(database: Database, work: TaskWork, kind: str, question: str | None) -> Outcome:
    told = database.rpc("ask", **work.address(), p_kind=kind, p_question=question)
    publish(database, told)
    return _outcome(told["outcome"], told["wait_id"])


def _failed(database: Database, address: dict[str, Any], code: str) -> Outcome:
    logger.info("a task failed", task=address["p_task_id"], code=code)
    told = database.rpc("fail_task", **address, p_error_code=code)
    publish(database, told)
    return _outcome(told["outcome"])


def _outcome(outcome: str, wait_id: str | None = None) -> Outcome:
    return {"outcome": outcome, "wait_id": wait_id}
