"""Everything that is stored of a user."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from shared.auth.principal import Principal
from shared.database.client import Database

FILENAME = "hercules-account.json"


class AccountUser(BaseModel):
    id: UUID
    email: str | None
    created_at: datetime
    user_metadata: dict[str, Any] | None


class AccountExport(BaseModel):
    """All of one instant."""

    exported_at: datetime
    user: AccountUser
    tables: dict[str, list[dict[str, Any]]] = Field(description="The user's rows by table, as they are stored.")


def export_account(database: Database, principal: Principal) -> AccountExport:
    """Raises UnauthorizedError when the account is gone."""
    return AccountExport.model_validate(database.rpc("export_account", p_user_id=str(principal.user_id)))
