"""Ends a room: how it went follows from its tasks and from what they delivered."""

from uuid import UUID

from shared.database.client import Database
from shared.realtime.publishing import publish
from shared.rooms import queries, step_queries
from shared.rooms.outcomes import code_of
from shared.rooms.queries import RoomOutcome
from shared.rooms.review import contents_of, problems_of
from shared.rooms.work import RoomWork

UNDONE = ("failed", "skipped", "cancelled")


def finish_room(database: Database, room_id: UUID, run: int | None, error: str | None = None) -> str:
    """The room's status at the end; a room that has ended stays as it is. `error` is what the workflow failed of.

    Raises UnavailableError.
    """
    outcome = RoomOutcome("failed", code_of(error)) if error else _outcome(step_queries.room_work(database, room_id))
    finished = queries.finish_room(database, room_id, run, outcome)
    publish(database, finished)
    return finished.room.status


def _outcome(work: RoomWork) -> RoomOutcome:
    if not work.open:
        return RoomOutcome()
    issues = problems_of(work, contents_of(work))
    if any(task.status != "done" for task in work.tasks if task.round == 0):
        return RoomOutcome("failed", "task_failed", issues)
    issues += [
        f"{name} was not repaired."
        for task in work.tasks
        if task.round == 1 and task.status in UNDONE
        for name in task.deliverables
    ]
    return RoomOutcome("completed", "completed_with_issues" if issues else None, issues)
