"""Reads a model's stream in a thread of its own, so that whoever waits for it can look at the clock meanwhile."""

import contextlib
import socket
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from shared.llm.call import ModelCall


END = 1.0  # seconds


class BackgroundStream:
    """Consumes the pieces of a call. Leaving the block ends the call: its connection is shut down."""

    def __init__(self, call: "ModelCall") -> None:
        self._call = call
        self._pieces: Iterable[str] = call.pieces()
        self._news = threading.Event()
        self._stopped = threading.Event()
        self._ended = False
        self._fault: BaseException | None = None
        # Lambda freezes what is left of it; the interpreter does not wait for it at the end.
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._stopped.set()
        if not self._ended:
            self._call.leave()
            # What it has cost is counted next; a read that was shut ends at once, one that waits for headers does not.
            self._thread.join(END)

    def wait(self, seconds: float) -> bool:
        """Until there is news, or for `seconds`: False when the answer is whole. Raises what the call raised."""
        self._news.wait(seconds)
        self._news.clear()
        if self._fault is not None:
            raise self._fault
        if not self._ended:
            self._call.check()
        return not self._ended

    def _run(self) -> None:
        try:
            for _ in self._pieces:
                self._news.set()
                if self._stopped.is_set():
                    break
        except BaseException as fault:  # noqa: BLE001 - handed to whoever waits
            self._fault = fault
        self._ended = True
        self._news.set()


def shut_down(response: Any) -> None:
    """End a connection that another thread is reading from: closing it alone would not wake that thread."""
    stream = getattr(response, "extensions", {}).get("network_stream")
    connection = stream.get_extra_info("socket") if stream else None
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
