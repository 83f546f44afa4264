"""Makes a file of a room anew in another form, and says where to read that; made once, it stays for a day."""

import hashlib
from pathlib import PurePosixPath
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.platform.errors import InvalidRequestError, NotFoundError
from shared.rooms import file_queries, queries, storage
from shared.rooms.file_queries import StoredFile
from shared.rooms.files import suffix
from shared.rooms.schemas import ExportFormat, FileCopy, FileVersion

MADE_OF: dict[ExportFormat, tuple[str, ...]] = {
    "html": (".md", ".txt"),
    "pdf": (".md", ".txt"),
    "docx": (".md", ".txt"),
    "ics": (".csv",),
}
MIMES: dict[ExportFormat, str] = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "ics": "text/calendar; charset=utf-8",
}
MAX_BYTES = 512 * 1024  # of the text: the most that an agent writes (task_files.MAX_FILE_BYTES)
MAX_PDF_BYTES = 192 * 1024  # 30,000 words, for which it takes some ten seconds
MADE_BY = 2  # counts up when a format is made otherwise


def export_file(database: Database, principal: Principal, room: str, file_id: UUID, wanted: ExportFormat) -> FileCopy:
    """A file, by the id of one of its versions, as `wanted`. What an agent wrote was checked when it was written.

    Raises NotFoundError, InvalidRequestError (format_unavailable, file_too_large, not_a_calendar), RateLimitedError,
    UnavailableError.
    """
    version, key = _found(file_queries.room_files(database, principal.user_id, room), file_id)
    if suffix(version.filename) not in MADE_OF[wanted]:
        made_of = ", ".join(MADE_OF[wanted])
        raise InvalidRequestError(f"Only files that end in {made_of} can be had so.", code="format_unavailable")
    if version.size > (MAX_PDF_BYTES if wanted == "pdf" else MAX_BYTES):
        raise InvalidRequestError("The file is too large for that.", code="file_too_large")
    zone = _zone(database, principal) if wanted == "ics" else None
    name = f"{PurePosixPath(version.filename).stem}.{wanted}"
    made = hashlib.sha256(f"{key} {wanted} {zone} {MADE_BY}".encode()).hexdigest()
    target = f"{storage.exports_of(str(principal.user_id))}{made}/{name}"
    if not (size := storage.size_of(target)):
        file_queries.count_export(database, principal.user_id)
        size = _make(key, target, version, wanted, zone)
    url, until = storage.download_url(target, storage.READER_URL_TTL)
    return FileCopy(filename=name, mime=MIMES[wanted], size=size, url=url, expires_at=until)


def _found(files: list[StoredFile], file_id: UUID) -> tuple[FileVersion, str]:
    for stored in files:
        for version in stored.file.versions:
            if version.id == file_id:
                return version, stored.keys[version.id]
    raise NotFoundError("There is no such file.", code="file_not_found")


def _zone(database: Database, principal: Principal) -> ZoneInfo | None:
    name = queries.athlete(database, principal.user_id).time_zone
    return ZoneInfo(name) if name else None


def _make(key: str, target: str, version: FileVersion, wanted: ExportFormat, zone: ZoneInfo | None) -> int:
    content = storage.get(key)
    if content is None:
        raise NotFoundError("The content of the file is gone.", code="file_not_found")
    folder = PurePosixPath(key).parent.parent  # of the room: another room's table of the same name is another calendar
    source = f"{folder}/{version.filename}"
    made = _made(content.decode("utf-8-sig", errors="replace"), source, wanted, zone)
    storage.put(target, made, MIMES[wanted])
    return len(made)


def _made(text: str, source: str, wanted: ExportFormat, zone: ZoneInfo | None) -> bytes:
    """The libraries are loaded for whoever wants that format."""
    title = PurePosixPath(source).stem
    match wanted:
        case "html":
            from shared.rooms.delivery import markdown

            return markdown.page(text, title)
        case "pdf":
            from shared.rooms.delivery import pdf

            return pdf.document(text, title)
        case "docx":
            from shared.rooms.delivery import word

            return word.document(text, title)
        case "ics":
            from shared.rooms.delivery import calendar

            return calendar.document(text, title, source, zone)
