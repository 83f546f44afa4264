"""The end of an account, with a receipt of what was deleted where."""

from typing import Literal
from uuid import UUID

import httpx
from pydantic import BaseModel, Field

from shared.account import queries
from shared.auth.principal import Principal
from shared.database.client import Database, api_headers
from shared.platform import settings
from shared.platform.errors import UnavailableError
from shared.platform.observability import log_fault, logger
from shared.platform.secrets import read_secret
from shared.rooms import storage

TIMEOUT = httpx.Timeout(10.0, connect=3.0)  # the deletion takes what refers to the user along


class StorageReceipt(BaseModel):
    objects: int = Field(description="Files deleted from buckets.")


class AccountReceipt(BaseModel):
    """What each store held. A repetition reports what was left."""

    database: dict[str, int] = Field(description="Rows deleted, by table.")
    storage: StorageReceipt
    auth: Literal["deleted"]


def delete_account(database: Database, principal: Principal) -> AccountReceipt:
    """Delete everything of the caller; what was used stays as anonymous sums.

    The sign-in goes last, and with it whatever was written meanwhile: a token is good for as long as the rest failed.
    Safe to repeat. Raises UnavailableError; a second call then finishes what is left.
    """
    prefixes = _prefixes(database, principal)
    objects = sum(map(storage.delete_all, prefixes))
    rows = queries.delete_account_data(database, principal.user_id)
    objects += sum(map(storage.delete_all, prefixes))  # what agents wrote until their rooms were gone
    delete_user(principal.user_id)
    return AccountReceipt(database=rows, storage=StorageReceipt(objects=objects), auth="deleted")


def _prefixes(database: Database, principal: Principal) -> list[str]:
    """Of the keys of all that the user's rooms have in the bucket, read before the rows that know them are gone."""
    folders = queries.room_folders(database, principal.user_id)
    given = queries.has_files(database, principal.user_id)
    return [*folders, storage.uploads_of(str(principal.user_id))] if given else folders


def delete_user(user_id: UUID) -> None:
    """Delete a user of Supabase Auth for good, with all sessions and refresh tokens. Safe to repeat.

    Raises UnavailableError.
    """
    supabase = settings.load(settings.ServiceKeySettings)
    headers = api_headers(read_secret(supabase.supabase_service_key_parameter))
    url = f"{supabase.supabase_url.rstrip('/')}/auth/v1/admin/users/{user_id}"
    try:
        response = httpx.request("DELETE", url, json={"should_soft_delete": False}, headers=headers, timeout=TIMEOUT)
    except httpx.HTTPError as fault:
        log_fault("the auth server did not answer", fault)
        raise UnavailableError(code="auth_unavailable") from None
    gone_already = response.status_code == 404 and "user_not_found" in response.text
    if not (response.is_success or gone_already):
        logger.error("a user could not be deleted", status=response.status_code)
        raise UnavailableError(code="auth_unavailable")
