"""Answers the routes of the WebSocket API."""

from collections.abc import Callable
from typing import Any

from shared.platform.errors import DomainError, UnauthorizedError
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
