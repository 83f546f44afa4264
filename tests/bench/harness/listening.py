"""A user's socket, which keeps what it hears."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from infra.local.demo.phone import Phone

WITHIN = 60.0  # seconds; a cold function on a busy laptop


@dataclass
class Listener:
    """`frames` are those that have come so far."""

    socket: Connection
    frames: list[dict[str, Any]] = field(default_factory=list)

    def listen(self, session: str) -> None:
        self.socket.send(json.dumps({"type": "subscribe", "stream": f"session:{session}"}))

    def previewed(self, turn: str) -> str:
        """What a watching client has read of an answer while it came."""
        deltas = [frame["data"] for frame in list(self.frames) if frame["type"] == "message.delta"]
        return "".join(delta["text"] for delta in deltas if delta["turn_id"] == turn)

    def hear(self) -> None:
        with suppress(ConnectionClosed):
            for frame in self.socket:
                self.frames.append(json.loads(frame))


@contextmanager
def listening(user: Phone) -> Iterator[Listener]:
    ticket = user.call("POST", "/v1/realtime/tickets").expect(201).body
    with connect(f"{ticket['url']}?ticket={ticket['ticket']}", open_timeout=WITHIN) as socket:
        listener = Listener(socket)
        thread = threading.Thread(target=listener.hear, daemon=True)
        thread.start()
        yield listener
