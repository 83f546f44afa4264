"""What a user's account asks the database. Each raises UnavailableError where it does not answer."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel, TypeAdapter

from shared.database.client import Database
from shared.platform.errors import UnavailableError
from shared.quotas import Usage

Counts = dict[str, int]  # of rows, by table
MAX_ROWS = 10_000  # of a table in one call: some seconds of the eight that a statement has
_COUNTS = TypeAdapter(Counts)


class ErasedRoom(BaseModel, frozen=True):
    """A room that has ended and is to be deleted; `execution_arn` where it was at work until now."""

    id: UUID
    folder_path: str
    execution_arn: str | None


def current_usage(database: Database) -> Usage:
    """The usage of whoever `database` speaks for; a week without use has zeros."""
    rows = database.run(database.table("ai_usage_current").select("*"))
    if not rows:
        raise UnavailableError("No usage plan is set up.", code="plan_missing")
    return Usage.model_validate(rows[0])


def export_account(database: Database, user_id: UUID) -> str:
    """Everything that is stored of a user: the text of a JSON document. Raises UnauthorizedError, RateLimitedError."""
    return str(database.rpc("export_account", p_user_id=str(user_id)))


# ----------------------------------------------------------------------------------------------------------- its end
def begin_erasure(database: Database, user_id: UUID) -> None:
    """Note that the account is to be deleted, so that the sweep goes on with it. Safe to repeat."""
    database.rpc("begin_erasure", p_user_id=str(user_id))


def end_rooms_to_erase(database: Database, user_id: UUID) -> list[ErasedRoom]:
    """The user's fifty oldest rooms; those at work end. Safe to repeat."""
    rows = database.rpc("end_rooms_to_erase", p_user_id=str(user_id))
    return [ErasedRoom.model_validate(row) for row in rows]


def erase_rooms(database: Database, user_id: UUID, rooms: Sequence[ErasedRoom]) -> Counts:
    """Delete rooms with all their rows, and count these by table. Safe to repeat."""
    ids = [str(room.id) for room in rooms]
    return _COUNTS.validate_python(database.rpc("erase_rooms", p_user_id=str(user_id), p_ids=ids))


def delete_account_data(database: Database, user_id: UUID, prefixes: Sequence[str]) -> Counts:
    """Delete the user's rows, counted by table: there is more while a table has `MAX_ROWS`. Safe to repeat.

    What comes to `prefixes` later is the sweep's.
    """
    rows = database.rpc("delete_account_data", p_user_id=str(user_id), p_prefixes=list(prefixes), p_limit=MAX_ROWS)
    return _COUNTS.validate_python(rows)


def claim_erasure(database: Database) -> UUID | None:
    """A user whose deletion took longer than its request, and has been left alone for five minutes."""
    user_id = database.rpc("claim_erasure")
    return UUID(user_id) if user_id else None


def due_leftovers(database: Database) -> list[str]:
    """At most 100 prefixes of keys at which nothing should be any more."""
    return [str(prefix) for prefix in database.rpc("due_leftovers")]


def forget_leftovers(database: Database, prefixes: Sequence[str]) -> Counts:
    """Their objects have been deleted. Safe to repeat."""
    return _COUNTS.validate_python(database.rpc("forget_leftovers", p_prefixes=list(prefixes)))
