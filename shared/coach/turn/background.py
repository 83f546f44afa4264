"""Work that no client waits for: send_message invokes itself, and does it there."""

import threading
from collections.abc import Callable
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel

from shared.coach.turn import queries
from shared.coach.turn.queries import TurnWork
from shared.database.client import Database
from shared.platform.deadline import Deadline
from shared.platform.errors import UnavailableError
from shared.platform.observability import log_fault
from shared.platform.repetition import repeated
from shared.platform.self_invocation import can_invoke_self, invoke_self

Handler = Callable[[Any, Any], Any]
MEMBER = "background"  # of an event that is no request


class BackgroundTask(BaseModel, frozen=True):
    """To answer a begun turn and, if it is the first of its session, to find a title; or the latter alone.

    It names the turn: its contents may be more than an event can hold (1 MB), and are in the database.
    """

    user_id: UUID
    turn_id: UUID
    title_only: bool = False

    @classmethod
    def of(cls, work: TurnWork, *, title_only: bool = False) -> Self:
        return cls(user_id=work.user_id, turn_id=work.turn.id, title_only=title_only)

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


def title_later(work: TurnWork) -> None:
    """Have a new session titled by another invocation, without waiting even for that to be accepted."""
    if work.first and can_invoke_self():
        task = BackgroundTask.of(work, title_only=True)
        threading.Thread(target=_invoke_quietly, args=(task,), daemon=True).start()


def with_background_tasks(requests: Handler, run: Callable[[BackgroundTask, Deadline], None]) -> Handler:
    """A handler of requests that also runs the task which an earlier invocation left for this one."""

    def handler(event: Any, context: Any) -> Any:
        if MEMBER in event:
            return run(BackgroundTask.model_validate(event[MEMBER]), Deadline.of(context))
        return requests(event, context)

    return handler


def _invoke_quietly(task: BackgroundTask) -> None:
    try:
        task.invoke()
    except UnavailableError as fault:
        log_fault("a session keeps the title made of its question", fault)
