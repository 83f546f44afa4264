"""What a user's account asks the database. Each raises UnavailableError where it does not answer."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from shared.database.client import Database
from shared.platform.errors import UnavailableError
from shared.quotas import Usage


class AccountUser(BaseModel, frozen=True):
    id: UUID
    email: str | None
    created_at: datetime
    user_metadata: dict[str, object] | None


class AccountExport(BaseModel, frozen=True):
    """All of one instant."""

    exported_at: datetime
    user: AccountUser
    tables: dict[str, list[dict[str, object]]] = Field(description="The user's rows by table, as they are stored.")


def current_usage(database: Database) -> Usage:
    """The usage of whoever `database` speaks for; a week without use has zeros."""
    rows = database.run(database.table("ai_usage_current").select("*"))
    if not rows:
        raise UnavailableError("No usage plan is set up.", code="plan_missing")
    return Usage.model_validate(rows[0])


def export_account(database: Database, user_id: UUID) -> AccountExport:
    """Everything that is stored of a user. Raises UnauthorizedError (account_gone)."""
    return AccountExport.model_validate(database.rpc("export_account", p_user_id=str(user_id)))


def delete_account_data(database: Database, user_id: UUID) -> dict[str, int]:
    """Delete the user's rows, and count them by table. Safe to repeat."""
    rows: dict[str, int] = database.rpc("delete_account_data", p_user_id=str(user_id))
    return rows


def room_folders(database: Database, user_id: UUID) -> list[str]:
    """What the keys of each of the user's rooms begin with."""
    rows = database.run(database.table("rooms").select("folder_path").eq("user_id", str(user_id)))
    return [row["folder_path"] for row in rows]


def has_files(database: Database, user_id: UUID) -> bool:
    """Whether the user has given a file for a room, or has one of a room."""
    query = database.table("room_file_versions").select("id").eq("user_id", str(user_id))
    return bool(database.run(query.limit(1)))
