"""Which events the tables of rooms become."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from icalendar import Calendar

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.rooms.delivery import service
from shared.rooms.file_queries import StoredFile
from shared.rooms.schemas import FileVersion, RoomFile
from shared.safety.situation import StoredAthlete

TABLE = b"date,title,start\n2026-12-01,Run,18:30\n"


class Rooms:
    """Each has TABLE as its plan.csv; `made` is what was put last."""

    def __init__(self) -> None:
        self.made = b""

    def put(self, _key: str, content: bytes, _mime: str) -> None:
        self.made = content

    def files(self, _database: Database, _user_id: UUID, room: str) -> list[StoredFile]:
        row = {"filename": "plan.csv", "version": 1, "size": len(TABLE), "sha256": None, "mime": "text/csv"}
        more = {"description": None, "task_id": None, "is_partial": False, "created_at": datetime.now(UTC)}
        version = FileVersion.model_validate({"id": UUID(int=1), **row, **more})
        file = RoomFile.model_validate({**version.model_dump(), "versions": [version.model_dump()]})
        return [StoredFile(file, {version.id: f"rooms/{room}/sha/plan.csv"}, is_own=True)]

    def events(self, database: Database, room: str) -> list[str]:
        service.export_file(database, Principal(uuid4(), "token"), room, UUID(int=1), "ics")
        made = Calendar.from_ical(self.made)
        assert isinstance(made, Calendar)
        return [event.uid for event in made.events]


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> Rooms:
    made = Rooms()
    monkeypatch.setattr("shared.rooms.storage.get", lambda _: TABLE)
    monkeypatch.setattr("shared.rooms.storage.size_of", lambda _: None)
    monkeypatch.setattr("shared.rooms.storage.put", made.put)
    monkeypatch.setattr("shared.rooms.storage.download_url", lambda *_: ("https://x.example", datetime.now(UTC)))
    monkeypatch.setattr("shared.rooms.file_queries.room_files", made.files)
    monkeypatch.setattr("shared.rooms.file_queries.count_export", lambda *_: None)
    monkeypatch.setattr("shared.rooms.queries.athlete", lambda *_: StoredAthlete(profile=None, plan=None, workouts=[]))
    return made


def test_the_plan_of_another_week_does_not_take_the_place_of_this_ones_sessions(rooms: Rooms) -> None:
    database = Database.__new__(Database)

    first, again, other = (rooms.events(database, room) for room in ("a", "a", "b"))

    assert first == again
    assert not set(first) & set(other)
