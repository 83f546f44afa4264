"""Everything that is stored of a user."""

from shared.account import queries
from shared.account.queries import AccountExport
from shared.auth.principal import Principal
from shared.database.client import Database

__all__ = ["FILENAME", "AccountExport", "export_account"]

FILENAME = "hercules-account.json"


def export_account(database: Database, principal: Principal) -> AccountExport:
    """Raises UnauthorizedError when the account is gone."""
    return queries.export_account(database, principal.user_id)
