"""What a client asks through its socket, and the frame that answers it."""

import json
import re
from collections.abc import Callable

from shared.database.client import Database
from shared.platform.errors import DomainError, InvalidRequestError, NotFoundError
from shared.platform.observability import log_fault, logger
from shared.realtime import queries
from shared.realtime.connections import Answer, SocketEvent, connection_id

Frame = dict[str, object]

_STREAM = re.compile(r"(session|user|room):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def answer(event: SocketEvent) -> Answer:
    """The integration's answer to a client's frame. Its body is a frame, of an error too: the socket stays open."""
    try:
        frame = _answer(_parsed(event.get("body")), connection_id(event))
    except DomainError as error:
        logger.info("problem", status=error.status, code=error.reason)
        frame = {"type": "error", "code": error.reason}
    except Exception as fault:  # noqa: BLE001 - a raised exception would tell the client nothing and end the worker
        log_fault("unhandled", fault)
        frame = {"type": "error", "code": DomainError.code}
    return {"statusCode": 200, "body": json.dumps({"v": 1, **frame})}


def _parsed(body: str | None) -> Frame:
    try:
        frame = json.loads(body or "")
    except (ValueError, RecursionError):
        raise InvalidRequestError(code="malformed_json") from None
    return frame if isinstance(frame, dict) else {}


def _answer(asked: Frame, connection: str) -> Frame:
    kind = asked.get("type")
    if not isinstance(kind, str) or kind not in ANSWERS:
        raise InvalidRequestError(code="unknown_type")
    return ANSWERS[kind](asked, connection)


def _pong(_asked: Frame, _connection: str) -> Frame:
    """A ping keeps the socket open: API Gateway closes it after ten silent minutes."""
    return {"type": "pong"}


def _subscribe(asked: Frame, connection: str) -> Frame:
    """`as_of` is the stream's last seq: everything later will be pushed, everything up to it is in list_events."""
    subscribed = queries.subscribe(Database.as_service(), connection, _stream(asked))
    return {"type": "subscribed", "stream": subscribed.stream, "as_of": subscribed.as_of}


def _unsubscribe(asked: Frame, connection: str) -> Frame:
    stream = _stream(asked)
    queries.unsubscribe(Database.as_service(), connection, stream)
    return {"type": "unsubscribed", "stream": stream}


def _stream(asked: Frame) -> str:
    """Raises NotFoundError, as the database does for a stranger's stream, for what is no stream's name."""
    stream = asked.get("stream")
    if not isinstance(stream, str) or not _STREAM.fullmatch(stream):
        raise NotFoundError(code="stream_not_found")
    return stream


ANSWERS: dict[str, Callable[[Frame, str], Frame]] = {
    "ping": _pong,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
}
