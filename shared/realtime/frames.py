"""What goes over a socket: one envelope, under the 32 KB that API Gateway lets a frame have."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

FRAME_LIMIT = 32 * 1024  # bytes; frames stay below
DELTA_BYTES = 1024  # of text in one delta, at most
_WIDEST = 4  # bytes of a character in UTF-8

Envelope = Mapping[str, Any]  # an event as SQL made it, or a delta; it goes out as it is


class Event(BaseModel, frozen=True):
    """The envelope that is also pushed over sockets."""

    v: Literal[1] = 1
    stream: str
    seq: int
    type: str = Field(examples=["message.completed"], description="Clients ignore types that they do not know.")
    ts: datetime
    data: dict[str, object]


@dataclass(frozen=True)
class Writing:
    """What is previewed: frames of a type, with the ids of what is written. One with another number begins anew."""

    type: str
    ids: Mapping[str, Any]
    number: int = 0

    @classmethod
    def of_turn(cls, turn_id: str) -> "Writing":
        return cls("message.delta", {"turn_id": turn_id})


@dataclass
class Delta:
    """A piece of what is still being written. What is finished replaces it.

    `offset` is where it stands in the preview, in code points, as `partial_content` of a turn counts them.
    """

    writing: Writing
    index: int
    offset: int
    text: str

    @property
    def end(self) -> int:
        return self.offset + len(self.text)

    def append(self, writing: Writing, offset: int, piece: str, most: int) -> bool:
        """Append the piece of the same text that comes next, if it still fits in."""
        if (writing, offset) != (self.writing, self.end) or _size(self.text + piece) > most:
            return False
        self.text += piece
        return True

    def envelope(self, stream: str) -> Envelope:
        return frame(stream, self.writing.type, {**self.writing.ids, **self._place, "text": self.text})

    @property
    def _place(self) -> Mapping[str, int]:
        return {"index": self.index, "offset": self.offset}


def frame(stream: str, kind: str, data: Mapping[str, Any]) -> Envelope:
    """What is pushed and not kept: it has no seq."""
    return {"v": 1, "stream": stream, "type": kind, "ts": datetime.now(UTC).isoformat(), "data": data}


def pieces(text: str, most: int = DELTA_BYTES) -> list[str]:
    """A text in parts that each fit into one delta of so many bytes."""
    length = most // _WIDEST
    return [text[at : at + length] for at in range(0, len(text), length)]


def render(envelope: Envelope) -> bytes:
    """A frame. An event too large for one names what it is about; the client reads it with list_events."""
    whole = _encoded(envelope)
    if len(whole) < FRAME_LIMIT:
        return whole
    return _encoded({**envelope, "data": {**_ids(envelope["data"]), "truncated": True}})


def _ids(data: Mapping[str, Any]) -> dict[str, str]:
    """What an event is about: `action_id` of an `action` in its data, and the ids of others that stand in that."""
    ids: dict[str, str] = {}
    for name, value in data.items():
        if isinstance(value, Mapping):
            ids = _own_ids(value) | ids | ({f"{name}_id": value["id"]} if "id" in value else {})
    return ids | _own_ids(data)


def _own_ids(data: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in data.items() if name.endswith("_id") and isinstance(value, str)}


def _encoded(value: Envelope) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def _size(text: str) -> int:
    return len(text.encode(errors="replace"))
