"""The end of an account, with a receipt of what was deleted where."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

import httpx
from pydantic import BaseModel, Field

from shared.account import queries
from shared.database.client import Database, api_headers
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.errors import UnavailableError
from shared.platform.observability import log_fault, logger
from shared.platform.secrets import read_secret
from shared.platform.self_invocation import invoke_self
from shared.platform.tls import trusted
from shared.rooms import storage, workflow

MEMBER = "erase"  # of an event that is no request: whose account
TIMEOUT = httpx.Timeout(10.0, connect=3.0)  # the deletion takes what refers to the user along
MAX_REQUESTS_AT_ONCE = 8  # to the bucket: a room needs two of some 30 ms, which S3 answers side by side
# What must be left for one more bite: fifty rooms, or all rows of the rest and the sign-in.
RESERVED_SECONDS = 12.0


class StorageReceipt(BaseModel):
    objects: int = Field(description="Files deleted from buckets.")


class AccountReceipt(BaseModel):
    """What each store held. A repetition reports what was left."""

    status: Literal["deleted", "deleting"] = Field(description="`deleting`: there is more, and it goes on by itself.")
    database: dict[str, int] = Field(description="Rows deleted, by table.")
    storage: StorageReceipt
    auth: Literal["deleted", "pending"]


@dataclass
class _Erasure:
    """Makes progress in every call: an object goes before the row that knows it, and a room goes whole."""

    database: Database
    user_id: UUID
    rows: Counter[str] = field(default_factory=Counter)
    objects: int = 0

    @property
    def prefixes(self) -> list[str]:
        """Of the keys that no room knows."""
        user = str(self.user_id)
        return [storage.uploads_of(user), storage.given_of(user), storage.exports_of(user)]

    def erase_rooms(self) -> bool:
        """End the oldest rooms and delete them; False when there is none."""
        rooms = queries.end_rooms_to_erase(self.database, self.user_id)
        for room in rooms:
            if room.execution_arn:
                workflow.stop(room.execution_arn)
        self.delete_objects([room.folder_path for room in rooms])
        self.rows.update(queries.erase_rooms(self.database, self.user_id, rooms) if rooms else {})
        return bool(rooms)

    def delete_objects(self, prefixes: list[str]) -> None:
        with ThreadPoolExecutor(MAX_REQUESTS_AT_ONCE) as pool:
            self.objects += sum(pool.map(storage.delete_all, prefixes))

    def erase_rows(self) -> bool:
        """Delete as many of the other rows as one call takes; False when these were the last."""
        counts = queries.delete_account_data(self.database, self.user_id, self.prefixes)
        self.rows.update(counts)
        return max(counts.values()) >= queries.MAX_ROWS

    def end(self) -> None:
        """What came to the bucket meanwhile, and the sign-in: a token is good until then."""
        self.delete_objects(self.prefixes)
        delete_user(self.user_id)

    def receipt(self, status: Literal["deleted", "deleting"]) -> AccountReceipt:
        return AccountReceipt(
            status=status,
            database=dict(self.rows),
            storage=StorageReceipt(objects=self.objects),
            auth="deleted" if status == "deleted" else "pending",
        )


def delete_account(database: Database, user_id: UUID, deadline: Deadline) -> AccountReceipt:
    """Delete everything of a user, or as much as there is time for; what was used stays as anonymous sums.

    Safe to repeat, and goes on where it was. Raises UnavailableError; the sweep then finishes what is left.
    """
    erasure = _Erasure(database, user_id)
    queries.begin_erasure(database, user_id)
    erasure.delete_objects(erasure.prefixes)
    while erasure.erase_rooms() or erasure.erase_rows():
        if not deadline.remaining(RESERVED_SECONDS):
            return erasure.receipt("deleting")
    erasure.end()
    return erasure.receipt("deleted")


def go_on_later(user_id: UUID) -> None:
    """Have another invocation go on. Where that cannot be had, the sweep does."""
    try:
        invoke_self({MEMBER: str(user_id)})
    except UnavailableError as fault:
        log_fault("a deletion is left to the sweep", fault)


def go_on(user_id: UUID, deadline: Deadline) -> None:
    """What another invocation left. Raises UnavailableError: Lambda then tries again."""
    if delete_account(Database.as_service(), user_id, deadline).status == "deleting":
        go_on_later(user_id)


def delete_user(user_id: UUID) -> None:
    """Delete a user of Supabase Auth for good, with all sessions and refresh tokens. Safe to repeat.

    Raises UnavailableError.
    """
    supabase = settings.load(settings.ServiceKeySettings)
    headers = api_headers(read_secret(supabase.supabase_service_key_parameter))
    url = f"{supabase.supabase_url.rstrip('/')}/auth/v1/admin/users/{user_id}"
    try:
        response = httpx.request(
            "DELETE", url, json={"should_soft_delete": False}, headers=headers, verify=trusted(), timeout=TIMEOUT
        )
    except httpx.HTTPError as fault:
        log_fault("the auth server did not answer", fault)
        raise UnavailableError(code="auth_unavailable") from None
    gone_already = response.status_code == 404 and "user_not_found" in response.text
    if not (response.is_success or gone_already):
        logger.error("a user could not be deleted", status=response.status_code)
        raise UnavailableError(code="auth_unavailable")
