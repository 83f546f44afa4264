"""The end of an account, with a receipt of what was deleted where."""

from typing import Literal

from pydantic import BaseModel, Field

from shared.auth.accounts import delete_user
from shared.auth.principal import Principal
from shared.database.client import Database


class StorageReceipt(BaseModel):
    objects: int = Field(description="Files deleted from buckets. No bucket holds a user's files yet: 0.")


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
    rows: dict[str, int] = database.rpc("delete_account_data", p_user_id=str(principal.user_id))
    delete_user(principal.user_id)
    return AccountReceipt(database=rows, storage=StorageReceipt(objects=0), auth="deleted")
