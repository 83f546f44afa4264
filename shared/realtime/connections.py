"""Answers the routes of the WebSocket API."""

import json
from collections.abc import Callable
from typing import Any

from shared.platform.errors import DomainError, InvalidRequestError, UnauthorizedError
from shared.platform.observability import log_fault, logger

Event = dict[str, Any]
Answer = dict[str, Any]


def bearer_token(event: Event) -> str:
    """The token of a $connect request's Authorization header. Raises UnauthorizedError without one."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    scheme, _, token = str(headers.get("authorization", "")).partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthorizedError
    return token.strip()


def connection_id(event: Event) -> str:
    return str(event["requestContext"]["connectionId"])


def reply(body: str | None) -> str:
    """The answer to a client's frame. A ping keeps the socket open: API Gateway closes it after ten silent minutes."""
    try:
        frame = json.loads(body or "")
    except ValueError:
        raise InvalidRequestError(code="malformed_json") from None
    if not isinstance(frame, dict) or frame.get("type") != "ping":
        raise InvalidRequestError(code="unknown_type")
    return json.dumps({"v": 1, "type": "pong"})


def answered(work: Callable[[], str]) -> Answer:
    """The integration's answer: what `work` returns as the body, or an error's status and code."""
    try:
        return {"statusCode": 200, "body": work()}
    except DomainError as error:
        logger.info("problem", status=error.status, code=error.reason)
        return {"statusCode": error.status, "body": error.reason}
    except Exception as fault:  # noqa: BLE001 - a raised exception would tell the client nothing and end the worker
        log_fault("unhandled", fault)
        return {"statusCode": 500, "body": "internal_error"}
