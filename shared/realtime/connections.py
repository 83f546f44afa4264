"""A socket's beginning and end, and the responses that API Gateway waits for."""

from collections.abc import Callable, Mapping
from typing import Any

from shared.database.client import Database
from shared.platform.errors import DomainError
from shared.platform.observability import log_unhandled, logger
from shared.realtime import queries

SocketEvent = Mapping[str, Any]  # of API Gateway
SocketResponse = dict[str, int | str]


def connection_id(event: SocketEvent) -> str:
    return str(event["requestContext"]["connectionId"])


def close(event: SocketEvent, database: Database) -> None:
    """Forget a socket, with all that it was subscribed to."""
    queries.close_connection(database, connection_id(event))


def respond(work: Callable[[], None]) -> SocketResponse:
    """The response to $connect or $disconnect: 200, or an error's status and code. Only a 2xx opens a socket."""
    try:
        work()
        return {"statusCode": 200, "body": ""}
    except Exception as fault:  # noqa: BLE001 - a raised exception would tell the client nothing and end the worker
        error = known(fault)
        return {"statusCode": error.status, "body": error.reason}


def known(fault: Exception) -> DomainError:
    """The error that a client is told, logged: of a fault of ours, no more than that it is one."""
    if isinstance(fault, DomainError):
        logger.info("problem", status=fault.status, code=fault.reason)
        return fault
    log_unhandled(fault)
    return DomainError()
