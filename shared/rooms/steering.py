"""What an owner does with a room as a whole: cancel it, try it again, share it."""

from pydantic import BaseModel, ConfigDict, Field

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.platform import workflow
from shared.platform.errors import UnavailableError
from shared.platform.observability import log_fault
from shared.realtime.publishing import publish
from shared.rooms import queries
from shared.rooms.creating import start
from shared.rooms.room import Room


class Sharing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    shared: bool = Field(description="Whether everybody who is signed in and knows the room_id may watch.")


def cancel_room(database: Database, principal: Principal, room: str) -> Room:
    """End a room; what is finished is kept. Safe to repeat. Raises NotFoundError."""
    cancelled = queries.cancel_room(database, principal.user_id, room)
    publish(database, cancelled)
    if cancelled.execution_arn:
        _stop(cancelled.execution_arn)
    return cancelled.room


def retry_room(database: Database, principal: Principal, room: str) -> Room:
    """Do again what failed, and only that; while that runs, safe to repeat.

    Raises NotFoundError, ConflictError, QuotaExceededError, UnavailableError.
    """
    retried = queries.retry_room(database, principal.user_id, room)
    publish(database, retried)
    again = retried.room
    return start(database, again.id, again.run) if again.status == "pending" else again


def share_room(database: Database, principal: Principal, room: str, sharing: Sharing) -> Room:
    """Let others watch, or no longer: their sockets hear nothing more of it at once. Raises NotFoundError."""
    changed = queries.share_room(database, principal.user_id, room, on=sharing.shared)
    publish(database, changed)
    return changed.room


def _stop(execution_arn: str) -> None:
    """The room has ended already: an execution that runs on finds that out at its next step."""
    try:
        workflow.stop(execution_arn)
    except UnavailableError as fault:
        log_fault("an execution could not be stopped", fault)
