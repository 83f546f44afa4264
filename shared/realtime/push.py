"""Pushes frames to open sockets while a turn runs, through API Gateway's management API.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote

import httpx

from shared.platform import settings
from shared.platform.aws_signature import signed_headers
from shared.platform.observability import log_fault, logger
from shared.platform.process import keep
from shared.platform.tls import trusted
from shared.realtime.frames import DELTA_BYTES, Envelope, Writing, render
from shared.realtime.outbox import Outbox

TIMEOUT = 1.0  # seconds; a push within a region takes some 10 ms, and later frames wait behind it
MAX_FAILURES = 2  # after which a connection gets nothing more of this turn
# Seconds that the end of a `with` block gives to what is still queued: the caller's answer waits for it, however many
# listen. Some 800 pushes fit in; whoever is not reached by then reads the stream.
GRACE = 0.5
MAX_CONCURRENT = 16  # pushes under way: at 10 ms each that is 1,600 a second, more than one processor can sign


@dataclass(frozen=True)
class Pace:
    """How often deltas go: seconds between two (none: as a reader's eye follows), and bytes of one.

    With `pushes` a second they go the more seldom the more listen, so that many cost no more than few.
    """

    interval: float | None = None
    delta_bytes: int = DELTA_BYTES
    pushes: float | None = None


USUAL = Pace()


@keep
def connections() -> httpx.Client:
    """The connections of this process to the management API, kept open between invocations."""
    # Below the minute after which AWS closes an idle connection.
    return httpx.Client(verify=trusted(), timeout=TIMEOUT, limits=httpx.Limits(keepalive_expiry=30.0))


class Pusher:
    """Sends one turn's events and deltas to its listeners, from a thread of its own; to many of them at once.

    Each connection gets its frames in order. No method raises or waits for a push, but `close`, which waits as long as
    it is told to. Without listeners there is no thread.
    """

    def __init__(self, stream: str, listeners: Sequence[str], pace: Pace = USUAL) -> None:
        """`stream` is that of the deltas; an event's envelope names its own. The first listeners are served first."""
        self._pace = pace
        self._outbox = Outbox(stream, pace.interval, pace.delta_bytes)
        self._failures: Counter[str] = Counter()
        self._gone: list[str] = []
        self._thread: threading.Thread | None = None
        self._abandoned = threading.Event()
        self.listen(listeners)

    @property
    def gone(self) -> list[str]:
        """Connections that no longer exist."""
        return list(self._gone)

    def listen(self, ids: Sequence[str]) -> None:
        """Push to these connections from now on, instead of the ones before."""
        reachable = settings.load(settings.RealtimeSettings).websocket_api_id
        self._listeners = tuple(dict.fromkeys(ids)) if reachable else ()
        if self._pace.pushes:
            self._outbox.interval = max(self._pace.interval or 0, len(self._listeners) / self._pace.pushes)

    def delta(self, writing: Writing, text: str) -> None:
        """Preview a piece of a text; joined with others, so that frames do not outnumber what an eye can follow."""
        if not text:
            return
        if self._is_heard():
            self._outbox.add_delta(writing, text)
        else:
            self._outbox.skip_delta(writing, text)

    def events(self, envelopes: Sequence[Envelope]) -> None:
        """Send durable events, and frames that are not kept, behind all that was given before."""
        if self._is_heard():
            for envelope in envelopes:
                self._outbox.add_event(envelope)

    def close(self, timeout: float) -> None:
        """Push what is queued, for `timeout` seconds at most, and drop the rest. Safe to repeat."""
        self._outbox.close()
        if self._thread:
            self._thread.join(timeout)
        self._abandoned.set()
        self._outbox.abandon()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close(GRACE)

    def _is_heard(self) -> bool:
        """Whether anybody listens; if so, the thread runs."""
        if not self._reachable():
            return False
        if self._thread is None:
            thread = threading.Thread(target=self._run, name="pusher", daemon=True)
            try:
                thread.start()
            except RuntimeError as fault:  # the machine has no thread left
                log_fault("nothing can be pushed", fault)
                self._listeners = ()
                return False
            self._thread = thread
        return True

    def _reachable(self) -> list[str]:
        return [one for one in self._listeners if one not in self._gone and self._failures[one] < MAX_FAILURES]

    def _run(self) -> None:
        with ThreadPoolExecutor(MAX_CONCURRENT, "push") as pool:  # its threads start when they are needed
            while (envelope := self._outbox.pop()) is not None:
                try:
                    self._fan_out(render(envelope), pool)
                except Exception as fault:  # noqa: BLE001 - the turn goes on without this frame
                    log_fault("a frame could not be made", fault)

    def _fan_out(self, frame: bytes, pool: ThreadPoolExecutor) -> None:
        """Post a frame to every listener. The next frame waits for all of them, which keeps each one's order."""
        listeners = self._reachable()
        if len(listeners) == 1:
            self._push(listeners[0], frame)
            return
        for posted in [pool.submit(self._push, one, frame) for one in listeners]:
            posted.result()

    def _push(self, connection_id: str, frame: bytes) -> None:
        if self._abandoned.is_set():
            return
        try:
            status = _post(connection_id, frame)
        except Exception as fault:  # noqa: BLE001 - whatever a push meets, the turn goes on
            log_fault("a push failed", fault)
            self._failures[connection_id] += 1
            return
        if status == httpx.codes.GONE:
            self._gone.append(connection_id)
        elif status >= httpx.codes.BAD_REQUEST:
            logger.warning("a push was refused", status=status)
            self._failures[connection_id] += 1


def _post(connection_id: str, frame: bytes) -> int:
    """The management API's status: 200, or 410 for a connection that is gone."""
    base = settings.load(settings.RealtimeSettings).connections_url
    url = f"{base}/{quote(connection_id, safe='')}"
    headers = signed_headers("execute-api", "POST", url, frame, {"content-type": "application/json"})
    return connections().post(url, content=frame, headers=headers).status_code
