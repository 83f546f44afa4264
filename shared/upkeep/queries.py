"""What the upkeep asks the database. Each raises UnavailableError where it does not answer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel, TypeAdapter

if TYPE_CHECKING:
    from shared.database.client import Database

Counts = dict[str, int]  # what a call did, by the names that supabase/schemas/upkeep.sql gives
_COUNTS = TypeAdapter(Counts)


# ---------------------------------------------------------------------------- bites: called until they do nothing
def end_overdue_turns(database: "Database") -> Counts:
    """End turns of dead workers, and release reservations whose time is over."""
    return _COUNTS.validate_python(database.rpc("end_overdue_turns"))


def end_overdue_actions(database: "Database") -> Counts:
    """End proposals that nobody decided, and effects outside whose worker is dead."""
    return _COUNTS.validate_python(database.rpc("end_overdue_actions"))


def end_lost_rooms(database: "Database") -> Counts:
    """End rooms whose workflow must be dead."""
    return _COUNTS.validate_python(database.rpc("end_lost_rooms"))


def forget_expired(database: "Database") -> Counts:
    """Forget expired tickets, idempotency keys and sockets."""
    return _COUNTS.validate_python(database.rpc("forget_expired"))


def prune_events(database: "Database") -> Counts:
    """Delete events of last week."""
    return _COUNTS.validate_python(database.rpc("prune_events"))


# ------------------------------------------------------------------------------------------------------------ uploads
class UnusedUpload(BaseModel, frozen=True):
    """`key` is that of its object in the rooms bucket."""

    id: UUID
    key: str


def unused_uploads(database: "Database") -> list[UnusedUpload]:
    """At most 100 that no room took in two days, and that none takes any more."""
    return [UnusedUpload.model_validate(row) for row in database.rpc("unused_uploads")]


def forget_uploads(database: "Database", uploads: Sequence[UnusedUpload]) -> Counts:
    """Delete their rows; their objects are gone by then."""
    return _COUNTS.validate_python(database.rpc("forget_uploads", p_ids=[str(upload.id) for upload in uploads]))


# --------------------------------------------------------------------------------------------------- once in each run
class IndexState(BaseModel, frozen=True):
    """`busy`: another run was at it, and nothing was done."""

    busy: bool
    chunks: int = 0
    keys_folded: int = 0
    index_built: bool = False
    indexes_dropped: int = 0
    probes: int | None = None


def maintain_index(database: "Database") -> IndexState:
    """Fold word counts, and build, drop or tune the vector index. Takes up to a minute (MAINTENANCE_TIMEOUT)."""
    return IndexState.model_validate(database.rpc("maintain_index"))


def upkeep_lag(database: "Database") -> dict[str, float]:
    """For how many seconds the oldest thing that each job has to do has been due; 0 where nothing is."""
    return TypeAdapter(dict[str, float]).validate_python(database.rpc("upkeep_lag"))


def schema_version(database: "Database") -> str | None:
    """Of the newest migration that was applied; None where nobody recorded any."""
    return TypeAdapter(str | None).validate_python(database.rpc("schema_version"))


def reset_usage(database: "Database") -> Counts:
    """Close finished weeks."""
    return _COUNTS.validate_python(database.rpc("reset_usage"))
