"""Who may open a socket: a signed-in user, by token or by ticket."""

from shared.auth.tokens import verifier
from shared.database.client import Database
from shared.realtime import queries
from shared.realtime.connections import SocketEvent, bearer_token, connection_id, sent_ticket
from shared.realtime.tickets import digest


def admit(event: SocketEvent) -> None:
    """Record the socket of a $connect request under its user.

    Raises UnauthorizedError without a valid token and for a ticket that is spent, expired or unknown. A ticket is spent
    in the transaction that records the socket.
    """
    database, connection = Database.as_service(), connection_id(event)
    if ticket := sent_ticket(event):
        queries.open_connection_by_ticket(database, connection, digest(ticket))
    else:
        queries.open_connection(database, connection, verifier().verify(bearer_token(event)).user_id)
