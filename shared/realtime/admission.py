"""Who may open a socket: a signed-in user, by token or by ticket."""

from shared.auth.tokens import verifier
from shared.database.client import Database
from shared.realtime.connections import Event, bearer_token, connection_id, sent_ticket
from shared.realtime.tickets import digest


def admit(event: Event) -> None:
    """Record the socket of a $connect request under its user.

    Raises UnauthorizedError without a valid token and for a ticket that is spent, expired or unknown. A ticket is spent
    in the transaction that records the socket.
    """
    if ticket := sent_ticket(event):
        whose = {"p_ticket_hash": digest(ticket)}
        Database.as_service().rpc("open_connection_by_ticket", p_connection_id=connection_id(event), **whose)
    else:
        user = verifier().verify(bearer_token(event))
        whose = {"p_user_id": str(user.user_id)}
        Database.as_service().rpc("open_connection", p_connection_id=connection_id(event), **whose)
