"""What an owner's control of a room asks of the database. `room` is an id or a room_id.

Each raises NotFoundError, ConflictError, and UnavailableError where the database does not answer.
"""

from uuid import UUID

from pydantic import BaseModel

from shared.database.client import Database
from shared.platform.idempotency import Idempotency
from shared.rooms.queries import AnsweredInput, ChangedRoom, CreatedRoom
from shared.rooms.requests import FollowUp, RoomPlanChange
from shared.rooms.schemas import Estimate


class RoomToDelete(BaseModel, frozen=True):
    id: UUID
    prefixes: list[str]  # of the keys of its objects


def hold_room(database: Database, user_id: UUID, room: str, *, on: bool) -> AnsweredInput:
    """Let no agent ask its model from now on, or let them go on. Safe to repeat."""
    held = database.rpc("hold_room", p_user_id=str(user_id), p_room=room, p_on=on)
    return AnsweredInput.model_validate(held)


def change_plan(
    database: Database, user_id: UUID, room: str, changes: RoomPlanChange, estimate: Estimate | None
) -> ChangedRoom:
    """Change a plan that has not been let run yet; None: it takes as much. Raises InvalidRequestError (task_needed)."""
    row = changes.model_dump(mode="json", exclude_none=True)
    if estimate:
        row["estimate"] = estimate.model_dump(mode="json")
    changed = database.rpc("change_plan", p_user_id=str(user_id), p_room=room, p_changes=row)
    return ChangedRoom.model_validate(changed)


def continue_room(
    database: Database, user_id: UUID, room: str, wanted: FollowUp, idempotency: Idempotency
) -> CreatedRoom:
    """Make a room that has ended pending again. Raises QuotaExceededError, RateLimitedError."""
    continued = database.rpc(
        "continue_room",
        p_user_id=str(user_id),
        p_room=room,
        p_follow_up=wanted.follow_up,
        p_limits=wanted.budget.stated,
        p_files=[str(file_id) for file_id in wanted.input_file_ids],
        p_idempotency_key=idempotency.key,
        p_request_hash=idempotency.request_hash(wanted),
    )
    return CreatedRoom.model_validate(continued)


def room_to_delete(database: Database, user_id: UUID, room: str) -> RoomToDelete:
    """What to delete of a room that has ended, before its rows."""
    found = database.rpc("room_to_delete", p_user_id=str(user_id), p_room=room)
    return RoomToDelete.model_validate(found)


def delete_room(database: Database, user_id: UUID, room: RoomToDelete) -> None:
    """Delete its rows; what comes to its addresses afterwards is the sweep's. Safe to repeat."""
    database.rpc("delete_room", p_user_id=str(user_id), p_room_id=str(room.id), p_prefixes=room.prefixes)
