"""Work that outlasts its function's answer.

Lambda stops a process once it has answered, unless an extension still works: a thread of the process may be one.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
"""

import http.client
import json
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from shared.platform.observability import log_fault

Handler = Callable[[Any, Any], Any]
T = TypeVar("T")

_API = "AWS_LAMBDA_RUNTIME_API"  # its address; only Lambda sets it
_IDENTIFIER = "Lambda-Extension-Identifier"
_working: list[threading.Thread] = []


class UnfinishedError(Exception):
    """The work takes longer than its caller waits, and goes on."""


class _Extension:
    """Tells Lambda that an invocation has ended only when what it left behind has."""

    def __init__(self, address: str) -> None:
        """Register; Lambda takes no more of them once the function's module has been imported. Raises OSError."""
        self._address = address
        self._ended: SimpleQueue[list[threading.Thread]] = SimpleQueue()
        answer = self._ask("POST", "register", {"Lambda-Extension-Name": "outlasting"}, {"events": ["INVOKE"]})
        self._identifier = answer.getheader(_IDENTIFIER, "")
        threading.Thread(target=self._serve, daemon=True).start()

    def end(self) -> None:
        """The function has answered."""
        self._ended.put(_working[:])
        _working.clear()

    def _serve(self) -> None:
        try:
            while True:
                self._ask("GET", "event/next", {_IDENTIFIER: self._identifier})  # until the next invocation begins
                for thread in self._ended.get():
                    thread.join()
        except OSError as fault:
            log_fault("the extension cannot go on", fault)
            os._exit(1)  # Lambda would wait for it to the end of every invocation

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self._address)
        connection.request(method, f"/2020-01-01/extension/{path}", json.dumps(body) if body else None, dict(headers))
        answer = connection.getresponse()
        answer.read()
        connection.close()
        if answer.status >= 300:
            raise OSError(f"the Extensions API answered {answer.status}")
        return answer


def outlasting(handler: Handler) -> Handler:
    """`handler`, of which `finish_within` may leave work behind; to be made while its module is imported."""
    if _API not in os.environ:
        return handler  # nobody stops this process
    extension = _Extension(os.environ[_API])

    def handle(event: Any, context: Any) -> Any:
        try:
            return handler(event, context)
        finally:
            extension.end()

    return handle


def finish_within(work: Callable[[], T], seconds: float) -> T:
    """What `work` returns or raises. Raises UnfinishedError where it takes longer; it goes on then."""
    result: Future[T] = Future()
    thread = threading.Thread(target=_settle, args=(result, work), daemon=True)
    thread.start()
    thread.join(seconds)
    if not thread.is_alive():
        return result.result()
    _working[:] = [*filter(threading.Thread.is_alive, _working), thread]
    result.add_done_callback(_log)
    raise UnfinishedError


def _settle(result: "Future[T]", work: Callable[[], T]) -> None:
    try:
        result.set_result(work())
    except BaseException as fault:  # noqa: BLE001 - raised where it is waited for
        result.set_exception(fault)


def _log(result: "Future[Any]") -> None:
    if fault := result.exception():
        log_fault("work behind an answer failed", fault)
