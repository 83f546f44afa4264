"""Rooms and their files, for whoever may see them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.platform import storage
from shared.platform.errors import NotFoundError
from shared.platform.paging import Position, after
from shared.realtime.events import Events
from shared.rooms.room import Room, RoomFile, RoomSnapshot

MESSAGES = 50
COLUMNS = (
    "id, room_id, session_id, task_prompt, status, status_reason, issues, run, plan, provider, agents, is_shared, "
    "llm_used, agents_used, folder_path, created_at, started_at, ended_at"
)


class DownloadableFile(RoomFile):
    """The version that was asked for."""

    url: str = Field(description="GET the content here.")
    expires_at: datetime


def list_rooms(database: Database, limit: int, position: Position | None) -> list[Room]:
    """At most `limit` of the caller's own rooms behind a position, the newest first."""
    query = database.table("rooms").select(COLUMNS)
    rows = database.run(after(query, "created_at", position).limit(limit))
    return [Room.model_validate(row) for row in rows]


def get_room(database: Database, principal: Principal, room: str) -> RoomSnapshot:
    """A room by its id or, one's own or shared, by its room_id. Raises NotFoundError."""
    found = database.rpc("room_snapshot", **_asked(principal, room), p_messages=MESSAGES)
    return RoomSnapshot.model_validate(found)


def list_files(database: Database, principal: Principal, room: str) -> list[RoomFile]:
    """Raises NotFoundError."""
    return [RoomFile.model_validate(row) for row in _files(database, principal, room)]


def get_file(
    database: Database, principal: Principal, room: str, file_id: UUID, version: int | None
) -> DownloadableFile:
    """A file by the id of any of its versions: the given version, or the one of that id. Raises NotFoundError."""
    for row in _files(database, principal, room):
        versions = {str(each["id"]): each for each in row["versions"]}
        if str(file_id) not in versions:
            continue
        wanted = versions[str(file_id)]["version"] if version is None else version
        for chosen in row["versions"]:
            if chosen["version"] == wanted:
                url, until = storage.download_url(chosen["key"])
                return DownloadableFile.model_validate(
                    {**chosen, "versions": row["versions"], "url": url, "expires_at": until}
                )
    raise NotFoundError("There is no such file.", code="file_not_found")


def list_events(database: Database, principal: Principal, room: str, after_seq: int, limit: int) -> Events:
    """Events of a room behind a seq, at most `limit`. Raises NotFoundError."""
    found = database.rpc("room_events", **_asked(principal, room), p_after=after_seq, p_limit=limit)
    return Events.model_validate(found)


def _files(database: Database, principal: Principal, room: str) -> list[dict[str, Any]]:
    files: list[dict[str, Any]] = database.rpc("room_files", **_asked(principal, room))["files"]
    return files


def _asked(principal: Principal, room: str) -> dict[str, str]:
    return {"p_user_id": str(principal.user_id), "p_room": room}
