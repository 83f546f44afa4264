"""Who may open a socket: a signed-in user, by token or by a ticket, so that no access token ever travels in a URL."""

import hashlib
import secrets
from datetime import datetime

from pydantic import BaseModel, Field

from shared.auth.principal import Principal
from shared.auth.tokens import verifier
from shared.database.client import Database
from shared.platform import settings
from shared.platform.errors import UnauthorizedError
from shared.realtime import queries
from shared.realtime.connections import SocketEvent, connection_id

TIME_TO_LIVE = 60  # seconds of a ticket; to open a socket takes one or two
RANDOM_BYTES = 32


class Ticket(BaseModel):
    ticket: str = Field(description="Opens one socket, as `?ticket=` of its URL.")
    expires_at: datetime
    url: str | None = Field(description="The socket's URL, without the ticket.")


def create_ticket(database: Database, principal: Principal) -> Ticket:
    """A new single-use ticket. Only its hash is stored: who reads the database can open no socket with it."""
    ticket = secrets.token_urlsafe(RANDOM_BYTES)
    expires_at = queries.create_ticket(database, principal.user_id, _hash(ticket), TIME_TO_LIVE)
    return Ticket(ticket=ticket, expires_at=expires_at, url=settings.load(settings.RealtimeSettings).socket_url)


def admit(event: SocketEvent) -> None:
    """Record the socket of a $connect request under its user.

    Raises UnauthorizedError without a valid token and for a ticket that is spent, expired or unknown. A ticket is spent
    in the transaction that records the socket.
    """
    database, connection = Database.as_service(), connection_id(event)
    if ticket := sent_ticket(event):
        queries.open_connection_by_ticket(database, connection, _hash(ticket))
    else:
        queries.open_connection(database, connection, verifier().verify(bearer_token(event)).user_id)


def bearer_token(event: SocketEvent) -> str:
    """The token of the Authorization header. Raises UnauthorizedError without one."""
    scheme, _, token = _authorization(event).partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthorizedError
    return token.strip()


def sent_ticket(event: SocketEvent) -> str:
    """The ticket in the URL, for clients that cannot send headers; empty where the header is sent."""
    ticket = (event.get("queryStringParameters") or {}).get("ticket")
    return ticket if isinstance(ticket, str) and not _authorization(event) else ""


def _authorization(event: SocketEvent) -> str:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return str(headers.get("authorization", ""))


def _hash(ticket: str) -> str:
    """What the database knows a ticket by. Of 256 random bits, a plain hash cannot be guessed back."""
    return hashlib.sha256(ticket.encode(errors="replace")).hexdigest()
