"""A socket's beginning and end."""

from collections.abc import Callable, Mapping
from typing import Any

from shared.database.client import Database
from shared.platform.errors import DomainError, UnauthorizedError
from shared.platform.observability import log_fault, logger
from shared.realtime import queries

SocketEvent = Mapping[str, Any]  # of API Gateway
Answer = dict[str, int | str]


def connection_id(event: SocketEvent) -> str:
    return str(event["requestContext"]["connectionId"])


def bearer_token(event: SocketEvent) -> str:
    """The token of a $connect request's Authorization header. Raises UnauthorizedError without one."""
    scheme, _, token = _authorization(event).partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthorizedError
    return token.strip()


def sent_ticket(event: SocketEvent) -> str:
    """The ticket in a $connect request's URL, for clients that cannot send headers; empty where the header is sent."""
    ticket = (event.get("queryStringParameters") or {}).get("ticket")
    return ticket if isinstance(ticket, str) and not _authorization(event) else ""


def close(event: SocketEvent, database: Database) -> None:
    """Forget a socket, with all that it was subscribed to."""
    queries.close_connection(database, connection_id(event))


def answered(work: Callable[[], None]) -> Answer:
    """The answer of $connect or $disconnect: 200, or an error's status and code. Only a 2xx opens a socket."""
    try:
        work()
        return {"statusCode": 200, "body": ""}
    except DomainError as error:
        logger.info("problem", status=error.status, code=error.reason)
        return {"statusCode": error.status, "body": error.reason}
    except Exception as fault:  # noqa: BLE001 - a raised exception would tell the client nothing and end the worker
        log_fault("unhandled", fault)
        return {"statusCode": 500, "body": DomainError.code}


def _authorization(event: SocketEvent) -> str:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return str(headers.get("authorization", ""))
