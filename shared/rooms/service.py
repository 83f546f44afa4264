"""What an owner does with rooms and their files; whoever may watch a room reads its files here too."""

from functools import partial
from uuid import UUID, uuid4

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.llm.providers import candidates
from shared.platform.errors import DomainError, InvalidRequestError, NotFoundError, UnavailableError
from shared.platform.idempotency import Idempotency
from shared.platform.observability import log_fault
from shared.platform.text import JsonObject
from shared.realtime.publishing import publish
from shared.rooms import file_queries, queries, storage, workflow
from shared.rooms.estimate import Estimator
from shared.rooms.files import UPLOAD_TYPES, check_name, mime_type
from shared.rooms.requests import NewRoom, NewRoomUpload, RoomAnswer, Sharing
from shared.rooms.schemas import (
    AnsweredRoom,
    DownloadableFile,
    FileVersion,
    ProviderChoice,
    Room,
    RoomFiles,
    RoomUpload,
)
from shared.safety import classifier
from shared.safety.advice import Reader

NOT_STARTED = "workflow_unavailable"  # why a room has failed that another request may start


# -------------------------------------------------------------------------------------------------------- a room's life
def create_room(database: Database, principal: Principal, body: NewRoom, idempotency: Idempotency) -> tuple[Room, bool]:
    """Open a room and start it. Also says whether an earlier request with the same key has opened it.

    A repetition starts what the first request could not. Urgent words come first, even then: they get fixed advice.

    Raises NotFoundError, ConflictError, InvalidRequestError, QuotaExceededError, UnavailableError.
    """
    refuse_urgent(database, principal, body.task_prompt)
    check_provider(body.provider)
    keep_uploads(database, principal, body.input_file_ids)
    estimate = Estimator.of(database, body.provider).unplanned(body.agents)
    created = publish(database, queries.create_room(database, principal.user_id, body, estimate, idempotency))
    return started(database, principal, created.room), created.replayed


def check_provider(wanted: ProviderChoice | None) -> None:
    """Raises InvalidRequestError (provider_unavailable)."""
    if wanted and not candidates("orchestrator", wanted):
        raise InvalidRequestError(f"{wanted} is not available here.", code="provider_unavailable")


def refuse_urgent(database: Database, principal: Principal, *texts: str | None) -> None:
    """Urgent words get fixed advice, and no agent hears them. Raises InvalidRequestError (red_flag)."""
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


def share_room(database: Database, principal: Principal, room: str, sharing: Sharing) -> Room:
    """Let others watch, or no longer: their sockets hear nothing more of it at once. Raises NotFoundError."""
    return publish(database, queries.share_room(database, principal.user_id, room, on=sharing.shared)).room


# -------------------------------------------------------------------------------------------------- what its owner says
def answer_room(
    database: Database, principal: Principal, room: str, body: RoomAnswer, idempotency: Idempotency
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


# ---------------------------------------------------------------------------------------------------------------- files
def create_upload(
    database: Database, principal: Principal, body: NewRoomUpload, idempotency: Idempotency
) -> tuple[RoomUpload, bool]:
    """Prepare an upload, which the client itself puts into the bucket. Also says whether it was prepared before.

    Raises InvalidRequestError, RateLimitedError.
    """
    name, upload_id = check_name(body.filename, UPLOAD_TYPES), str(uuid4())
    place, mime = storage.uploads_of(str(principal.user_id)), mime_type(name)
    upload, found = body.model_copy(update={"filename": name}), {"key": f"{place}{upload_id}/{name}", "mime": mime}
    registered = file_queries.register_upload(
        database, principal.user_id, upload, {"id": upload_id, **found}, idempotency
    )
    file = registered.file
    # Also where a room has taken it meanwhile: what is put here once more takes nothing away from that.
    url, headers, until = storage.upload_url(f"{place}{file.id}/{name}", body.size, body.sha256, mime)
    return RoomUpload(id=file.id, filename=name, url=url, headers=headers, expires_at=until), registered.replayed


def keep_uploads(database: Database, principal: Principal, upload_ids: list[UUID]) -> None:
    """Copy uploads that a room is about to take to where they are kept. Safe to repeat.

    Raises InvalidRequestError (file_not_uploaded), UnavailableError.
    """
    if not upload_ids:
        return
    user, kept = str(principal.user_id), {}
    pending = file_queries.pending_uploads(database, principal.user_id, upload_ids)
    if any(storage.size_of(file.key) != file.size for file in pending):  # before any copy, which nothing would forget
        raise InvalidRequestError("A file has not been uploaded yet.", code="file_not_uploaded")
    for file in pending:
        if file.key.startswith(uploads := storage.uploads_of(user)):
            kept[file.id] = storage.given_of(user) + file.key.removeprefix(uploads)
            storage.copy(file.key, kept[file.id])
    if kept:
        file_queries.note_kept(database, principal.user_id, kept)


def list_files(database: Database, principal: Principal, room: str) -> RoomFiles:
    """Raises NotFoundError."""
    return RoomFiles(items=[stored.file for stored in file_queries.room_files(database, principal.user_id, room)])


def get_file(
    database: Database, principal: Principal, room: str, file_id: UUID, version: int | None
) -> DownloadableFile:
    """A file by the id of any of its versions: the given version, or the one of that id. Raises NotFoundError."""
    for stored in file_queries.room_files(database, principal.user_id, room):
        if chosen := _version(stored.file.versions, file_id, version):
            ttl = storage.PRESIGNED_URL_TTL if stored.is_own else storage.READER_URL_TTL
            url, until = storage.download_url(stored.keys[chosen.id], ttl)
            return DownloadableFile(**dict(chosen), versions=stored.file.versions, url=url, expires_at=until)
    raise NotFoundError("There is no such file.", code="file_not_found")


def _version(versions: list[FileVersion], file_id: UUID, version: int | None) -> FileVersion | None:
    """None where this is another file, or has no such version."""
    named = next((each for each in versions if each.id == file_id), None)
    if named is None or version is None:
        return named
    return next((each for each in versions if each.version == version), None)
