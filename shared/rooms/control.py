"""A room in its owner's hands: held and let go on, its plan changed before it runs, gone on with, deleted."""

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.platform.idempotency import Idempotency
from shared.realtime.publishing import publish
from shared.rooms import control_queries as queries
from shared.rooms import storage, workflow
from shared.rooms.estimate import Estimator
from shared.rooms.file_service import keep_uploads
from shared.rooms.queries import room_snapshot
from shared.rooms.requests import FollowUp, Hold, RoomPlanChange
from shared.rooms.schemas import Estimate, Room
from shared.rooms.service import refuse_urgent, started
from shared.rooms.work import PlannedTask


def hold_room(database: Database, principal: Principal, room: str, body: Hold) -> Room:
    """Hold a room, or let it go on, also behind a plan that its owner wanted to see. Safe to repeat.

    Raises NotFoundError, ConflictError (room_ended), UnavailableError.
    """
    held = publish(database, queries.hold_room(database, principal.user_id, room, on=body.paused))
    for waiting in held.tokens:
        workflow.wake(waiting.token)
    return held.room


def change_plan(database: Database, principal: Principal, room: str, body: RoomPlanChange) -> Room:
    """Change a plan that is not let run yet.

    Raises NotFoundError, ConflictError (plan_not_open), InvalidRequestError (task_needed, red_flag), UnavailableError.
    """
    refuse_urgent(database, principal, *(task.brief for task in body.tasks), *(body.criteria or ()))
    estimate = _estimate_of(database, principal, room, body) if any(task.removed for task in body.tasks) else None
    return publish(database, queries.change_plan(database, principal.user_id, room, body, estimate)).room


def _estimate_of(database: Database, principal: Principal, room: str, body: RoomPlanChange) -> Estimate:
    """Without the tasks that are to be removed."""
    snapshot = room_snapshot(database, principal.user_id, room)
    removed = {task.key for task in body.tasks if task.removed}
    left = [
        PlannedTask(task.key, task.role, task.brief, task.deliverables, task.depends_on)
        for task in snapshot.tasks
        if task.part == snapshot.room.part and task.status != "cancelled" and task.key not in removed
    ]
    return Estimator.of(database, snapshot.room.provider).planned(left)


def continue_room(
    database: Database, principal: Principal, room: str, body: FollowUp, idempotency: Idempotency
) -> tuple[Room, bool]:
    """Go on with a room that has ended, on its files, with a budget of its own. Also says whether it was asked before.

    Raises NotFoundError, ConflictError (room_open), InvalidRequestError, QuotaExceededError, UnavailableError.
    """
    refuse_urgent(database, principal, body.follow_up)
    keep_uploads(database, principal, body.input_file_ids)
    continued = publish(database, queries.continue_room(database, principal.user_id, room, body, idempotency))
    return started(database, principal, continued.room), continued.replayed


def delete_room(database: Database, principal: Principal, room: str) -> None:
    """Delete a room that has ended, with its files: the objects first, so that none is left without a row.

    Raises NotFoundError, ConflictError (room_open), UnavailableError.
    """
    found = queries.room_to_delete(database, principal.user_id, room)
    for prefix in found.prefixes:
        storage.delete_all(prefix)
    queries.delete_room(database, principal.user_id, found)
