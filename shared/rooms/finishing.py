"""Ends a room: how it went follows from its tasks and from what they delivered."""

from typing import Any
from uuid import UUID

from shared.database.client import Database
from shared.realtime.publishing import publish
from shared.rooms.orchestrating import RoomWork, read_work
from shared.rooms.outcomes import code_of
from shared.rooms.review import contents_of, problems_of

UNDONE = ("failed", "skipped", "cancelled")


def finish_room(database: Database, room_id: UUID, run: int | None, error: str | None = None) -> str:
    """The room's status at the end; a room that has ended stays as it is. `error` is what the workflow failed of.

    Raises UnavailableError.
    """
    outcome = {"status": "failed", "reason": code_of(error)} if error else _outcome(read_work(database, room_id))
    told = database.rpc("finish_room", p_room_id=str(room_id), p_outcome={**outcome, "run": run})
    publish(database, told)
    return str(told["room"]["status"])


def _outcome(work: RoomWork) -> dict[str, Any]:
    if not work.open:
        return {}
    issues = problems_of(work, contents_of(work))
    if any(task.status != "done" for task in work.tasks if task.round == 0):
        return {"status": "failed", "reason": "task_failed", "issues": issues}
    issues += [
        f"{name} was not repaired."
        for task in work.tasks
        if task.round == 1 and task.status in UNDONE
        for name in task.deliverables
    ]
    return {"status": "completed", "reason": "completed_with_issues" if issues else None, "issues": issues}
