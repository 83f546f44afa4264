"""Opens a room, and starts the workflow that runs it."""

from uuid import UUID

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.llm.providers import candidates
from shared.platform import workflow
from shared.platform.errors import InvalidRequestError, UnavailableError
from shared.platform.idempotency import Idempotency
from shared.realtime.publishing import publish
from shared.rooms import queries, uploading
from shared.rooms.room import NewRoom, Room
from shared.safety.red_flags import refuse_red_flag


def create_room(database: Database, principal: Principal, body: NewRoom, idempotency: Idempotency) -> tuple[Room, bool]:
    """Open a room. Also says whether it is the stored answer to an earlier request with the same key.

    Urgent words come first, even before such an answer: they get fixed advice and no room.

    Raises NotFoundError, ConflictError, InvalidRequestError, QuotaExceededError, UnavailableError.
    """
    refuse_red_flag(body.task_prompt)
    if body.provider and not candidates("orchestrator", body.provider):
        raise InvalidRequestError(f"{body.provider} is not available here.", code="provider_unavailable")
    uploading.check_arrived(database, principal, body.input_file_ids)
    created = queries.create_room(database, principal.user_id, body, idempotency)
    publish(database, created)
    if created.replayed:
        return created.room, True
    return start(database, created.room.id, created.room.run), False


def start(database: Database, room_id: UUID, run: int) -> Room:
    """Start a room's run. Raises UnavailableError after ending the room as failed, its budget given back."""
    try:
        arn = workflow.start(room_id, run)
    except UnavailableError as fault:
        outcome = queries.Outcome("failed", fault.reason)
        publish(database, queries.finish_room(database, room_id, run, outcome))
        raise
    started = queries.start_room(database, room_id, run, arn)
    publish(database, started)
    return started.room
