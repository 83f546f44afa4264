"""Uploads straight into the bucket, for files that no request to a function could carry."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.knowledge import objects
from shared.knowledge.sources import SourceName
from shared.knowledge.unreadable import MAX_BYTES

UPLOAD_WITHIN = timedelta(minutes=15)

ContentType = Literal[
    "text/markdown",
    "text/plain",
    "text/html",
    "text/csv",
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
]


class NewUpload(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"source": "guides/deload.pdf", "content_type": "application/pdf", "size": 48213}
        },
    )

    source: SourceName
    content_type: ContentType
    size: int = Field(ge=1, le=MAX_BYTES, description="Bytes; a file of another size is refused.")


class Upload(BaseModel):
    """POST a form with these fields and, last, the file as `file` to the URL."""

    url: str
    fields: dict[str, str]
    expires_at: datetime


def permit_upload(body: NewUpload) -> Upload:
    """Let the holder of the answer put one file of just this name, type and size into the bucket, for 15 minutes."""
    expires_at = datetime.now(UTC) + UPLOAD_WITHIN
    url, fields = objects.permit_upload(body.source, body.content_type, body.size, int(UPLOAD_WITHIN.total_seconds()))
    return Upload(url=url, fields=fields, expires_at=expires_at)
