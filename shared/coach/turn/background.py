"""Work that no client waits for: send_message invokes itself, and does it there."""

import threading
from collections.abc import Callable
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel

from shared.coach.turn import queries
from shared.coach.turn.history import is_summary_due
from shared.coach.turn.work import TurnWork
from shared.database.client import Database
from shared.platform.deadline import Deadline
from shared.platform.errors import UnavailableError
from shared.platform.observability import log_fault, logger
from shared.platform.repetition import repeated
from shared.platform.self_invocation import can_invoke_self, invoke_self

Handler = Callable[[Any, Any], Any]
Job = Literal["answer", "title", "summary"]
MEMBER = "background"  # of an event that is no request


class BackgroundTask(BaseModel, frozen=True):
    """To answer a begun turn and see to its session's title or summary, if it is time; or one of the latter alone.

    It names the turn: its contents may be more than an event can hold (1 MB), and are in the database.
    """

    user_id: UUID
    turn_id: UUID
    job: Job = "answer"
    request_id: str | None = None  # of the request that it comes from, for the log

    @classmethod
    def of(cls, work: TurnWork, job: Job = "answer") -> Self:
        request_id = logger.get_correlation_id()
        return cls(user_id=work.user_id, turn_id=work.turn.id, job=job, request_id=request_id)

    def invoke(self) -> None:
        """Raises UnavailableError."""
        invoke_self({MEMBER: self.model_dump(mode="json")})


def answer_later(database: Database, work: TurnWork, deadline: Deadline) -> None:
    """Have a begun turn answered by another invocation. Raises UnavailableError after ending the turn as failed."""
    try:
        BackgroundTask.of(work).invoke()
    except UnavailableError as fault:
        reason = fault.reason
        repeated(lambda: queries.fail_turn(database, work, reason), deadline)
        raise


def later_job(work: TurnWork) -> Job | None:
    """What is to be done for a turn's session beside the answer."""
    return "title" if work.first else "summary" if is_summary_due(work) else None


def begin_later_job(work: TurnWork) -> None:
    """Have another invocation do it, without waiting even for that to be accepted."""
    job = later_job(work)
    if job and can_invoke_self():
        task = BackgroundTask.of(work, job)
        threading.Thread(target=_invoke_quietly, args=(task,), daemon=True).start()


def with_background_tasks(requests: Handler, run: Callable[[BackgroundTask, Deadline], None]) -> Handler:
    """A handler of requests that also runs the task which an earlier invocation left for this one."""

    def handler(event: Any, context: Any) -> Any:
        if MEMBER in event:
            task = BackgroundTask.model_validate(event[MEMBER])
            logger.set_correlation_id(task.request_id)
            return run(task, Deadline.of(context))
        return requests(event, context)

    return handler


def _invoke_quietly(task: BackgroundTask) -> None:
    try:
        task.invoke()
    except UnavailableError as fault:
        log_fault("a session keeps its title or summary", fault)
