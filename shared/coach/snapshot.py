"""A session as an app opens it: everything on the screen, and where its events go on."""

from uuid import UUID

from pydantic import BaseModel, Field

from shared.actions.action import Action
from shared.auth.principal import Principal
from shared.coach.messages import Message, Turn
from shared.coach.sessions import Session, session_not_found
from shared.database.client import Database
from shared.database.paging import Position
from shared.quotas import Usage

NEWEST = 50


class SessionSnapshot(BaseModel):
    """All of one instant."""

    session: Session
    messages: list[Message] = Field(description="The newest 50, newest first.")
    next_cursor: str | None = Field(description="Of listMessages, for older ones; null when there are none.")
    running_turn: Turn | None
    pending_actions: list[Action] = Field(description="Proposals that wait for the user's decision.")
    usage: Usage
    as_of: int = Field(description="The `seq` that the session's stream had: read its events on from here.")


def get_snapshot(database: Database, principal: Principal, session_id: UUID) -> SessionSnapshot:
    """A session of the caller's. Raises NotFoundError."""
    found = database.rpc(
        "session_snapshot", p_user_id=str(principal.user_id), p_session_id=str(session_id), p_messages=NEWEST + 1
    )
    if found is None:
        raise session_not_found()
    return SessionSnapshot.model_validate(
        found | {"messages": found["messages"][:NEWEST], "next_cursor": _cursor(found["messages"])}
    )


def _cursor(rows: list[dict[str, str]]) -> str | None:
    """Behind the last message that is shown, if one more came than is shown."""
    if len(rows) <= NEWEST:
        return None
    last = Message.model_validate(rows[NEWEST - 1])
    return Position(last.created_at, last.id).encode()
