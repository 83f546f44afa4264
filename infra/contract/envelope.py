"""What all events have."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

UUID_PATTERN = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
STREAM = f"^(session|user|room):{UUID_PATTERN}$"
Stream = Annotated[str, Field(pattern=STREAM, examples=["session:3f0c8f52-6a0b-4c8e-9d3e-0b8a1f6f9a11"])]


class Envelope(BaseModel):
    v: Literal[1]
    stream: Stream
    seq: int = Field(ge=1, description="Its number in the stream, without holes.")
    ts: datetime
