"""Frames that wait to be pushed: in order, bounded, with deltas joined while they wait."""

import threading
import time
from collections import deque

from shared.realtime.frames import DELTA_BYTES, Delta, Envelope, Writing, pieces

INTERVAL = 0.05  # seconds between two deltas, unless the first is full: a reader sees no finer steps than 20 a second
CAPACITY = 256  # frames: as many as a quarter of a minute of an unusually fast model


class Outbox:
    """A queue between the thread that answers and the one that pushes. No call but `pop` ever waits.

    What does not fit in is dropped: a missing index tells the client that its preview has a hole, a missing seq
    that an event is to be read with list_events.
    """

    def __init__(self, stream: str, interval: float | None = None, delta_bytes: int = DELTA_BYTES) -> None:
        """`interval` may be changed at any time."""
        self.interval = INTERVAL if interval is None else interval
        self._stream = stream
        self._delta_bytes = delta_bytes
        self._writing: Writing | None = None
        self._waiting: deque[Delta | Envelope] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._next_index = 0
        self._next_offset = 0
        self._last_delta_at = float("-inf")

    def add_delta(self, writing: Writing, text: str) -> None:
        with self._changed:
            self._begin(writing)
            for piece in pieces(text, self._delta_bytes):
                self._append(writing, piece)
            self._changed.notify()

    def add_event(self, envelope: Envelope) -> None:
        with self._changed:
            if len(self._waiting) < CAPACITY and not self._closed:
                self._waiting.append(envelope)
            self._changed.notify()

    def skip_delta(self, writing: Writing, text: str) -> None:
        """Count a delta that nobody listened to: who joins later sees that the beginning is missing."""
        self._begin(writing)
        self._next_index += 1
        self._next_offset += len(text)

    def pop(self) -> Envelope | None:
        """The next frame's envelope, when it is due; None when the outbox is closed and empty."""
        with self._changed:
            while (wait := self._until_due()) != 0:
                self._changed.wait(wait)
            if not self._waiting:
                return None
            first = self._waiting.popleft()
            if not isinstance(first, Delta):
                return first
            self._last_delta_at = time.monotonic()
            return first.envelope(self._stream)

    def close(self) -> None:
        """Nothing more comes; what waits is due now."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def abandon(self) -> None:
        """Nobody waits for the rest any longer."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify()

    def _begin(self, writing: Writing) -> None:
        if writing != self._writing:
            self._writing, self._next_offset = writing, 0

    def _append(self, writing: Writing, piece: str) -> None:
        last = self._waiting[-1] if self._waiting else None
        offset, self._next_offset = self._next_offset, self._next_offset + len(piece)
        if isinstance(last, Delta) and last.append(writing, offset, piece, self._delta_bytes):
            return
        if len(self._waiting) < CAPACITY and not self._closed:
            self._waiting.append(Delta(writing, self._next_index, offset, piece))
        self._next_index += 1

    def _until_due(self) -> float | None:
        """Seconds until the first frame may go; None when there is none. A delta waits for more unless one follows."""
        if self._closed or len(self._waiting) > 1:
            return 0
        if not self._waiting:
            return None
        if isinstance(self._waiting[0], Delta):
            return max(0, self._last_delta_at + self.interval - time.monotonic())
        return 0
