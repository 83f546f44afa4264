"""What a model looks up of the user's rooms, asked of the database as it answers."""

from uuid import UUID

from shared.database.client import Database
from shared.platform.text import JsonObject


def room_for_coach(database: Database, user_id: UUID, room_id: UUID | None) -> JsonObject | None:
    """How a room of the user's stands, and what it made; the newest where none is named. Raises UnavailableError."""
    found = database.rpc("room_for_coach", p_user_id=str(user_id), p_room_id=room_id and str(room_id))
    return dict(found) if found else None
