"""Everything that is stored of a user, as a file: years of it are more than a function may answer with (6 MB)."""

import gzip
from datetime import UTC, datetime
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel, Field

from shared.account import queries
from shared.database.client import Database
from shared.rooms import storage

MIME_TYPE = "application/gzip"


class ExportedAccount(BaseModel, frozen=True):
    """Where the file is. It is `{exported_at, user, tables: {name: rows}}`, all of one instant; gzip of JSON."""

    url: str = Field(description="GET it without further headers.")
    expires_at: AwareDatetime = Field(description="Until when the URL holds. The file is deleted within two days.")
    bytes: int


def export_account(database: Database, user_id: UUID) -> ExportedAccount:
    """Write the file and say where it is. Raises UnauthorizedError, RateLimitedError, UnavailableError."""
    content = gzip.compress(queries.export_account(database, user_id).encode(), compresslevel=6)
    name = f"hercules-account-{datetime.now(UTC):%Y-%m-%d}.json.gz"
    key = f"{storage.exports_of(str(user_id))}{uuid4()}/{name}"
    storage.put(key, content, MIME_TYPE)
    url, expires_at = storage.download_url(key)
    return ExportedAccount(url=url, expires_at=expires_at, bytes=len(content))
