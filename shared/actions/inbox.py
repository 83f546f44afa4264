"""What waits for the user's decision, over all conversations, and what was decided."""

from shared.actions.action import COLUMNS, Action, Status
from shared.database.client import Database
from shared.database.paging import Position, after


def list_actions(database: Database, limit: int, position: Position | None, status: Status | None) -> list[Action]:
    """At most `limit` of the caller's actions behind a position, those that expire first."""
    query = database.table("ai_action_requests").select(COLUMNS)
    if status:
        query = query.eq("status", status)
    rows = database.run(after(query, "expires_at", position, ascending=True).limit(limit))
    return [Action.model_validate(row) for row in rows]
