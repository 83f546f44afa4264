"""Reads the stream of an answer: event by event, and in a thread of its own, so that whoever waits sees the clock.

Besides events, servers send comments, pings, a byte order mark, and JSON under the name of a stream
(https://html.spec.whatwg.org/multipage/server-sent-events.html).
"""

import contextlib
import io
import json
import socket
import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import httpx

from shared.llm.errors import ModelError

if TYPE_CHECKING:
    from shared.llm.call import ModelCall

JOIN_SECONDS = 1.0
MAX_BODY = 8 * 1024 * 1024  # bytes of an answer that does not stream
_DONE = "[DONE]"


def events_of(response: httpx.Response) -> Iterator[Any]:
    """Each event as its JSON. Raises ModelError (model_malformed), and ValueError for JSON that breaks off."""
    lines = _lines(response)
    for line in lines:
        text = line.lstrip("\ufeff")
        if text.lstrip().startswith(("{", "[")):
            yield _body(text, lines)
            return
        name, _, data = text.partition(":")
        data = data.strip()
        if name == "data" and data.startswith(_DONE):
            return
        # A ping has a word for its data, or nothing.
        if name == "data" and data.startswith(("{", "[")):
            yield json.loads(data)
        elif text.lstrip().startswith("<"):
            raise ModelError(code="model_malformed")


def _lines(response: httpx.Response) -> Iterator[str]:
    """As the standard ends them. httpx also ends one at U+2028 and its like, which JSON may hold as they are."""
    ends = io.IncrementalNewlineDecoder(None, translate=True)
    rest: list[str] = []
    for piece in response.iter_text():
        first, *more = ends.decode(piece).split("\n")
        rest.append(first)
        for line in more:
            yield "".join(rest)
            rest = [line]
    yield "".join(rest)


def _body(first: str, lines: Iterator[str]) -> Any:
    parts, size = [first], len(first)
    for line in lines:
        parts.append(line)
        size += len(line)
        if size > MAX_BODY:
            raise ModelError(code="model_malformed")
    said = json.loads("\n".join(parts))
    if not isinstance(said, dict):
        raise ModelError(code="model_malformed")
    return said


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
            self._thread.join(JOIN_SECONDS)

    def wait(self, seconds: float) -> bool:
        """Until there is news, or for `seconds`: False when the answer is whole. Raises what the call raised."""
        self._news.wait(seconds)
        self._news.clear()
        if not self._ended:
            self._call.check()
        ended = self._ended  # read before the fault, which is written before it: an end never hides one
        if self._fault is not None:
            raise self._fault
        return not ended

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


def shut_down(response: httpx.Response | None) -> None:
    """End a connection that another thread is reading from: closing it alone would not wake that thread."""
    stream = response.extensions.get("network_stream") if response else None
    connection = stream.get_extra_info("socket") if stream else None
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
