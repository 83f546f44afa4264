"""Starts the run of a room that an approved action opened; `shared.rooms.creating.start` does so for all others."""

from uuid import UUID

from shared.database.client import Database
from shared.platform import workflow
from shared.platform.errors import UnavailableError
from shared.realtime.publishing import publish


def start_run(database: Database, room_id: UUID, run: int) -> None:
    """Raises UnavailableError after ending the room as failed, its budget given back."""
    try:
        arn = workflow.start(room_id, run)
    except UnavailableError as fault:
        outcome = {"status": "failed", "reason": fault.reason, "run": run}
        publish(database, database.rpc("finish_room", p_room_id=str(room_id), p_outcome=outcome))
        raise
    publish(database, database.rpc("start_room", p_room_id=str(room_id), p_execution_arn=arn, p_run=run))
