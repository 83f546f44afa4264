"""Single-use tickets that open a socket, so that no access token ever travels in a URL."""

import hashlib
import secrets
from datetime import datetime

from pydantic import BaseModel, Field

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.platform import settings
from shared.realtime import queries

TIME_TO_LIVE = 60  # seconds; to open a socket takes one or two
RANDOM_BYTES = 32


class Ticket(BaseModel):
    ticket: str = Field(description="Opens one socket, as `?ticket=` of its URL.")
    expires_at: datetime
    url: str | None = Field(description="The socket's URL, without the ticket.")


def create_ticket(database: Database, principal: Principal) -> Ticket:
    """A new ticket. Only its hash is stored: who reads the database can open no socket with it."""
    ticket = secrets.token_urlsafe(RANDOM_BYTES)
    expires_at = queries.create_ticket(database, principal.user_id, digest(ticket), TIME_TO_LIVE)
    return Ticket(ticket=ticket, expires_at=expires_at, url=settings.load(settings.RealtimeSettings).socket_url)


def digest(ticket: str) -> str:
    """What the database knows a ticket by. Of 256 random bits, a plain hash cannot be guessed back."""
    return hashlib.sha256(ticket.encode(errors="replace")).hexdigest()
