"""What a client requests through its socket, and the frame that answers it."""

import json
import re
from collections.abc import Callable

from shared.database.client import Database
from shared.platform.errors import DomainError, InvalidRequestError, NotFoundError
from shared.realtime import queries
from shared.realtime.connections import SocketEvent, SocketResponse, connection_id, known

Frame = dict[str, object]

ECHOED = 100  # characters of what a client says that its answer says again
_STREAM = re.compile(r"(session|user|room):[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def respond(event: SocketEvent) -> SocketResponse:
    """The response to a client's frame. Its body is a frame, of an error too: the socket stays open.

    The `id` that a client gave its frame is in the answer, so that of several under way it knows which is answered.
    """
    request: Frame = {}
    try:
        request = _parsed(event.get("body"))
        frame = _handle(request, connection_id(event))
    except Exception as fault:  # noqa: BLE001 - a raised exception would tell the client nothing and end the worker
        frame = _error(known(fault)) | _said(request, "stream")
    return {"statusCode": 200, "body": json.dumps({"v": 1, **frame, **_said(request, "id")})}


def _error(error: DomainError) -> Frame:
    later = {"retry_after": error.retry_after} if error.retry_after is not None else {}
    return {"type": "error", "code": error.reason, "detail": error.detail, **later}


def _said(request: Frame, name: str) -> Frame:
    value = request.get(name)
    return {name: value} if isinstance(value, str) and len(value) <= ECHOED else {}


def _parsed(body: str | None) -> Frame:
    try:
        frame = json.loads(body or "")
    except (ValueError, RecursionError):
        raise InvalidRequestError(code="malformed_json") from None
    return frame if isinstance(frame, dict) else {}


def _handle(request: Frame, connection: str) -> Frame:
    kind = request.get("type")
    if not isinstance(kind, str) or kind not in HANDLERS:
        raise InvalidRequestError(code="unknown_type")
    return HANDLERS[kind](request, connection)


def _pong(_request: Frame, _connection: str) -> Frame:
    """A ping keeps the socket open: API Gateway closes it after ten silent minutes."""
    return {"type": "pong"}


def _subscribe(request: Frame, connection: str) -> Frame:
    """`as_of` is the stream's last seq: everything later will be pushed, everything up to it is in list_events."""
    subscribed = queries.subscribe(Database.as_service(), connection, _stream(request))
    return {"type": "subscribed", "stream": subscribed.stream, "as_of": subscribed.as_of}


def _unsubscribe(request: Frame, connection: str) -> Frame:
    stream = _stream(request)
    queries.unsubscribe(Database.as_service(), connection, stream)
    return {"type": "unsubscribed", "stream": stream}


def _stream(request: Frame) -> str:
    """The name as the database has it, however a client writes a UUID.

    Raises NotFoundError, as the database does for a stranger's stream, for what is no stream's name.
    """
    stream = request.get("stream")
    if not isinstance(stream, str) or not _STREAM.fullmatch(stream):
        raise NotFoundError(code="stream_not_found")
    return stream.lower()


HANDLERS: dict[str, Callable[[Frame, str], Frame]] = {
    "ping": _pong,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
}
