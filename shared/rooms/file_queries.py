"""What rooms ask the database of files. Each raises UnavailableError where it does not answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel

from shared.database.client import Database
from shared.platform.idempotency import Idempotency
from shared.rooms.schemas import RoomFile

if TYPE_CHECKING:  # their models are for who reads a request
    from shared.rooms.requests import NewRoomUpload


class PendingFile(BaseModel, frozen=True):
    id: UUID
    key: str
    size: int


@dataclass(frozen=True)
class StoredFile:
    """A file as it is shown, and where its versions lie: no client needs to know that."""

    file: RoomFile
    keys: dict[UUID, str]  # by the versions' ids
    is_own: bool  # whether whoever asks owns the room


class RegisteredUpload(BaseModel, frozen=True):
    file: PendingFile
    replayed: bool  # an earlier request with the same key registered it


def register_upload(
    database: Database,
    user_id: UUID,
    upload: "NewRoomUpload",
    place: Mapping[str, str],
    idempotency: Idempotency,
) -> RegisteredUpload:
    """Note a file before it is uploaded; `place` is its id, key and mime.

    Raises InvalidRequestError (too_many_files) while 100 wait for a room.
    """
    registered = database.rpc(
        "register_upload",
        p_user_id=str(user_id),
        p_file={**upload.model_dump(), **place},
        p_idempotency_key=idempotency.key,
        p_request_hash=idempotency.request_hash(upload),
    )
    return RegisteredUpload.model_validate(registered)


def pending_uploads(database: Database, user_id: UUID, upload_ids: Sequence[UUID]) -> list[PendingFile]:
    """Those of a user's uploads that no room has taken yet."""
    ids = [str(upload_id) for upload_id in upload_ids]
    found = database.rpc("pending_uploads", p_user_id=str(user_id), p_file_ids=ids)
    return [PendingFile.model_validate(row) for row in found]


def note_kept(database: Database, user_id: UUID, keys: Mapping[UUID, str]) -> None:
    """Where uploads are from now on that a room is about to take, by their ids."""
    rows = {str(upload_id): key for upload_id, key in keys.items()}
    database.rpc("note_kept", p_user_id=str(user_id), p_keys=rows)


def room_files(database: Database, user_id: UUID, room: str) -> list[StoredFile]:
    """The files of a room by name, for whoever may see it."""
    found = database.rpc("room_files", p_user_id=str(user_id), p_room=room)
    is_own = found["access"] == "owner"
    return [
        StoredFile(RoomFile.model_validate(row), {UUID(each["id"]): each["key"] for each in row["versions"]}, is_own)
        for row in found["files"]
    ]


def count_export(database: Database, user_id: UUID) -> None:
    """Before a file is made in another form. Raises RateLimitedError (too_many_file_exports)."""
    database.rpc("count_file_export", p_user_id=str(user_id))
