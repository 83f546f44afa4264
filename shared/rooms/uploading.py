"""Files that a user gives to rooms: put into the bucket by the client itself, then named when a room takes them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.platform import storage
from shared.platform.errors import InvalidRequestError
from shared.platform.text import NoNul
from shared.rooms import queries
from shared.rooms.filenames import UPLOAD_TYPES, checked, mime_type

MOST_BYTES = 10 * 1024 * 1024


class NewUpload(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"filename": "log.csv", "size": 2048, "sha256": "0" * 64}},
    )

    filename: str = Field(min_length=1, max_length=1000, description="Without folders, with an allowed ending.")
    size: int = Field(ge=1, le=MOST_BYTES, description="Bytes.")
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] = Field(description="Of the content.")
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), NoNul] = ""


class Upload(BaseModel):
    id: UUID = Field(description="For `input_file_ids` of createRoom, or answerRoom, once the content is there.")
    filename: str
    url: str = Field(description="PUT the content here, with exactly these headers.")
    headers: dict[str, str]
    expires_at: datetime


def create_upload(database: Database, principal: Principal, body: NewUpload) -> Upload:
    """Prepare an upload. Raises InvalidRequestError."""
    name = checked(body.filename, UPLOAD_TYPES)
    upload_id = uuid4()
    key = f"{storage.uploads_of(str(principal.user_id))}{upload_id}/{name}"
    file = queries.NewFile(upload_id, name, key, body.size, body.sha256, mime_type(name), body.description)
    queries.register_upload(database, principal.user_id, file)
    url, headers, until = storage.upload_url(key, body.size, body.sha256, mime_type(name))
    return Upload(id=upload_id, filename=name, url=url, headers=headers, expires_at=until)


def check_arrived(database: Database, principal: Principal, upload_ids: list[UUID]) -> None:
    """Raises InvalidRequestError (file_not_uploaded) for an upload of which the content is not there."""
    if not upload_ids:
        return
    for file in queries.pending_uploads(database, principal.user_id, upload_ids):
        if storage.size_of(file.key) != file.size:
            raise InvalidRequestError("A file has not been uploaded yet.", code="file_not_uploaded")
