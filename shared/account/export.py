"""Everything that is stored of a user, as a file: years of it are more than a function may answer with (6 MB)."""

import gzip
from datetime import UTC, datetime
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel, Field

from shared.account import queries
from shared.database.client import Database
from shared.rooms import storage

READING_SECONDS = 26.0  # one more than the SQL function gives itself; the gateway answers for us after 30


class ExportedFile(BaseModel, frozen=True):
    """Where the file is."""

    url: str = Field(description="GET it without further headers.")
    expires_at: AwareDatetime = Field(description="Until when the URL holds. The file is deleted within two days.")
    bytes: int


def export_account(database: Database, user_id: UUID) -> ExportedFile:
    """Write `{exported_at, user, tables: {name: rows}}`, all of one instant, as gzip of JSON.

    Raises UnauthorizedError, RateLimitedError, UnavailableError."""
    content = gzip.compress(queries.export_account(database, user_id).encode(), compresslevel=6)
    return write_file(user_id, f"hercules-account-{datetime.now(UTC):%Y-%m-%d}.json.gz", content, "application/gzip")


def write_file(user_id: UUID, name: str, content: bytes, mime_type: str) -> ExportedFile:
    """Write a file that its user can fetch. Raises UnavailableError."""
    key = f"{storage.exports_of(str(user_id))}{uuid4()}/{name}"
    storage.put(key, content, mime_type)
    url, expires_at = storage.download_url(key)
    return ExportedFile(url=url, expires_at=expires_at, bytes=len(content))
