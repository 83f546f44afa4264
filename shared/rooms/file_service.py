"""The files of rooms: what an owner gives, and what whoever may watch a room reads."""

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.platform.errors import InvalidRequestError, NotFoundError
from shared.platform.idempotency import Idempotency
from shared.rooms import file_queries, storage
from shared.rooms.files import UPLOAD_TYPES, check_name, mime_type
from shared.rooms.schemas import DownloadableFile, FileVersion, RoomFiles, RoomUpload

if TYPE_CHECKING:  # its model is for who reads a request
    from shared.rooms.requests import NewRoomUpload


def create_upload(
    database: Database, principal: Principal, body: "NewRoomUpload", idempotency: Idempotency
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
