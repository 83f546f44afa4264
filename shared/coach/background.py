"""Work that no client waits for: send_message invokes itself, and does it there."""

import threading
from collections.abc import Callable
from typing import Any

from shared.coach import titles, turn
from shared.coach.work import TurnWork
from shared.database.client import Database
from shared.platform.deadline import Deadline
from shared.platform.errors import DomainError, UnavailableError
from shared.platform.observability import log_fault
from shared.platform.self_invocation import can_invoke_self, invoke_self

Handler = Callable[[dict[str, Any], Any], Any]
TASK = "background"  # the member of an event that tells it from a request


def answer_later(database: Database, work: TurnWork) -> None:
    """Have a begun turn answered by another invocation. Raises UnavailableError after ending the turn as failed."""
    try:
        invoke_self({TASK: {"turn": work.model_dump(mode="json")}})
    except UnavailableError as fault:
        turn.fail_turn(database, work, fault.reason)
        raise


def title_later(work: TurnWork) -> None:
    """Have a new session titled by another invocation, without waiting even for that to be accepted."""
    if work.first and can_invoke_self():
        task = {"title": titles.TitleTask.of(work).model_dump(mode="json")}
        threading.Thread(target=_invoke_quietly, args=(task,), daemon=True).start()


def beside(requests: Handler) -> Handler:
    """A handler of requests that also does the work which an earlier invocation left for this one."""

    def handler(event: dict[str, Any], context: Any) -> Any:
        if TASK in event:
            return run(event[TASK], Deadline.of(context))
        return requests(event, context)

    return handler


def run(task: dict[str, Any], deadline: Deadline) -> None:
    """Do what another invocation asked for. Never raises: Lambda would run it again, and a failed turn has ended."""
    database = Database.as_service()
    try:
        if "turn" in task:
            work = TurnWork.model_validate(task["turn"])
            turn.carry_out(database, work, deadline)
            if work.first:
                titles.make_title(database, titles.TitleTask.of(work), deadline)
        else:
            titles.make_title(database, titles.TitleTask.model_validate(task["title"]), deadline)
    except DomainError as fault:
        log_fault("work in the background failed", fault)


def _invoke_quietly(task: dict[str, Any]) -> None:
    try:
        invoke_self({TASK: task})
    except UnavailableError as fault:
        log_fault("a session keeps the title made of its question", fault)
