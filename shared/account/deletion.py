"""The end of an account, with a receipt of what was deleted where."""

from typing import Literal

from pydantic import BaseModel, Field

from shared.account import queries
from shared.auth.accounts import delete_user
from shared.auth.principal import Principal
from shared.database.client import Database
from shared.rooms import storage


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
