"""What an owner does with a room that there is."""

from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.platform.errors import DomainError, UnavailableError
from shared.platform.idempotency import Idempotency
from shared.platform.observability import log_fault
from shared.platform.text import JsonObject
from shared.realtime.publishing import publish
from shared.rooms import queries, workflow
from shared.rooms.file_service import keep_uploads
from shared.rooms.schemas import AnsweredRoom, Room
from shared.safety.advice import Reader

if TYPE_CHECKING:  # their models are for who reads a request
    from shared.rooms.requests import RoomAnswer, Sharing

NOT_STARTED = "workflow_unavailable"  # why a room has failed that another request may start


# -------------------------------------------------------------------------------------------------------- a room's life
def refuse_urgent(database: Database, principal: Principal, *texts: str | None) -> None:
    """Urgent words get fixed advice, and no agent hears them. Raises InvalidRequestError (red_flag)."""
    from shared.safety import classifier  # which most of what an owner does here has no need of

    classifier.refuse_urgent(*texts, reader=partial(_reader, database, principal))


def _reader(database: Database, principal: Principal) -> Reader:
    """Of an advice, which a database that is down must not keep from anybody."""
    try:
        return Reader.of(queries.athlete(database, principal.user_id).profile)
    except DomainError as fault:
        log_fault("the profile of who needs advice could not be read", fault)
        return Reader()


def start_opened_room(database: Database, principal: Principal, room_id: UUID) -> JsonObject:
    """Start the room that an approved action opened, unless it was started, and say how it is now. Safe to repeat."""
    try:
        room = started(database, principal, queries.find_room(database, principal.user_id, room_id))
    except DomainError as fault:
        log_fault("what was approved could not be started", fault)
        room = queries.find_room(database, principal.user_id, room_id)
    return {"room": room.model_dump(mode="json", include={"id", "room_id", "task_prompt", "status", "run"})}


def started(database: Database, principal: Principal, room: Room) -> Room:
    """The room, at work if nothing hinders it: the name of an execution is that of its run, so none is started twice.

    Raises UnavailableError after ending the room as failed, its budget given back; QuotaExceededError.
    """
    if room.status_reason == NOT_STARTED:
        room = publish(database, queries.retry_room(database, principal.user_id, str(room.id))).room
    if room.status != "pending":
        return room
    try:
        execution_arn = workflow.start(room.id, room.run)
    except UnavailableError:
        outcome = queries.RoomOutcome("failed", NOT_STARTED)
        publish(database, queries.finish_room(database, room.id, room.run, outcome))
        raise
    return publish(database, queries.start_room(database, room.id, room.run, execution_arn)).room


def cancel_room(database: Database, principal: Principal, room: str) -> Room:
    """End a room; what is finished is kept. Safe to repeat. Raises NotFoundError."""
    cancelled = publish(database, queries.cancel_room(database, principal.user_id, room))
    if cancelled.execution_arn:
        _stop(cancelled.execution_arn)
    return cancelled.room


def _stop(execution_arn: str) -> None:
    """The room has ended already: an execution that runs on finds that out at its next step."""
    try:
        workflow.stop(execution_arn)
    except UnavailableError as fault:
        log_fault("an execution could not be stopped", fault)


def retry_room(database: Database, principal: Principal, room: str) -> Room:
    """Do again what failed, and only that; until that has ended, safe to repeat.

    Raises NotFoundError, ConflictError, QuotaExceededError, UnavailableError.
    """
    retried = publish(database, queries.retry_room(database, principal.user_id, room))
    return started(database, principal, retried.room)


def share_room(database: Database, principal: Principal, room: str, sharing: "Sharing") -> Room:
    """Let others watch, or no longer: their sockets hear nothing more of it at once. Raises NotFoundError."""
    return publish(database, queries.share_room(database, principal.user_id, room, on=sharing.shared)).room


# -------------------------------------------------------------------------------------------------- what its owner says
def answer_room(
    database: Database, principal: Principal, room: str, body: "RoomAnswer", idempotency: Idempotency
) -> tuple[AnsweredRoom, bool]:
    """Take in what the owner says, and wake the agents that waited for it. Also says whether it was said before.

    Safe to repeat: what was answered and could not be woken is woken then. Urgent words get fixed advice, and no
    agent hears them.

    Raises NotFoundError, ConflictError, InvalidRequestError, QuotaExceededError, UnavailableError.
    """
    refuse_urgent(database, principal, body.answer, body.steer)
    keep_uploads(database, principal, body.input_file_ids)
    answered = publish(database, queries.answer_input(database, principal.user_id, room, body, idempotency))
    for waiting in answered.tokens:
        workflow.wake(waiting.token)
    return AnsweredRoom(room=answered.room, budget=answered.budget), answered.replayed


def wait_for_owner(database: Database, wait_id: UUID, task_token: str) -> None:
    """Note how a waiting task is woken; if the owner was faster, wake it now. Safe to repeat."""
    if not queries.save_task_token(database, wait_id, task_token):
        workflow.wake(task_token)
