"""Rooms and their files, for whoever may see them."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.platform import storage
from shared.platform.errors import NotFoundError
from shared.platform.paging import Position
from shared.realtime.events import Events
from shared.rooms import queries
from shared.rooms.room import Room, RoomFile, RoomSnapshot

MESSAGES = 50


class DownloadableFile(RoomFile, frozen=True):
    """The version that was asked for."""

    url: str = Field(description="GET the content here.")
    expires_at: datetime


def list_rooms(database: Database, limit: int, position: Position | None) -> list[Room]:
    """At most `limit` of the caller's own rooms behind a position, the newest first."""
    return queries.list_rooms(database, limit, position)


def get_room(database: Database, principal: Principal, room: str) -> RoomSnapshot:
    """A room by its id or, one's own or shared, by its room_id. Raises NotFoundError."""
    return queries.room_snapshot(database, principal.user_id, room, MESSAGES)


def list_files(database: Database, principal: Principal, room: str) -> list[RoomFile]:
    """Raises NotFoundError."""
    return [stored.file for stored in queries.room_files(database, principal.user_id, room)]


def get_file(
    database: Database, principal: Principal, room: str, file_id: UUID, version: int | None
) -> DownloadableFile:
    """A file by the id of any of its versions: the given version, or the one of that id. Raises NotFoundError."""
    for stored in queries.room_files(database, principal.user_id, room):
        versions = stored.file.versions
        named = next((each for each in versions if each.id == file_id), None)
        wanted = named.version if named and version is None else version
        for chosen in versions if named else []:
            if chosen.version == wanted:
                url, until = storage.download_url(stored.keys[chosen.id])
                return DownloadableFile(**dict(chosen), versions=versions, url=url, expires_at=until)
    raise NotFoundError("There is no such file.", code="file_not_found")


def list_events(database: Database, principal: Principal, room: str, after_seq: int, limit: int) -> Events:
    """Events of a room behind a seq, at most `limit`. Raises NotFoundError."""
    return queries.room_events(database, principal.user_id, room, after_seq, limit)
