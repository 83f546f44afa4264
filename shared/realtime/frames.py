"""What goes over a socket: one envelope, under the 32 KB that API Gateway lets a frame have."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

FRAME_LIMIT = 32 * 1024  # bytes; frames stay below
DELTA_BYTES = 1024  # of text in one delta, at most
_PIECE = DELTA_BYTES // 4  # characters: UTF-8 has at most four bytes for one

Envelope = Mapping[str, Any]  # an event as SQL made it, or a delta; it goes out as it is


class Event(BaseModel, frozen=True):
    """The envelope that is also pushed over sockets."""

    v: Literal[1] = 1
    stream: str
    seq: int
    type: str = Field(examples=["message.completed"], description="Clients ignore types that they do not know.")
    ts: datetime
    data: dict[str, object]


@dataclass
class Delta:
    """A piece of an answer that is still being written. The finished message replaces it."""

    turn_id: str
    index: int
    text: str

    def append(self, turn_id: str, piece: str) -> bool:
        """Append a piece of the same turn, if it still fits in."""
        if turn_id != self.turn_id or _size(self.text + piece) > DELTA_BYTES:
            return False
        self.text += piece
        return True

    def envelope(self, stream: str) -> Envelope:
        data = {"turn_id": self.turn_id, "index": self.index, "text": self.text}
        return {"v": 1, "stream": stream, "type": "message.delta", "ts": datetime.now(UTC).isoformat(), "data": data}


def pieces(text: str) -> list[str]:
    """A text in parts that each fit into one delta."""
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]


def render(envelope: Envelope) -> bytes:
    """A frame. An event too large for one names what it is about; the client reads it with list_events."""
    frame = _encoded(envelope)
    if len(frame) < FRAME_LIMIT:
        return frame
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
