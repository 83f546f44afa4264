"""What has ended, as the database tells it for a collector. Each raises UnavailableError where it does not answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel

if TYPE_CHECKING:
    from shared.database.client import Database


class Ended(BaseModel, frozen=True):
    """Something that has ended, and when."""

    id: UUID
    status: str
    ended_at: datetime


class ModelAsked(BaseModel, frozen=True):
    """One call of a model in a turn, by its receipt."""

    provider: str
    model: str
    started_at: datetime
    milliseconds: int
    first_token_ms: int | None = None
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    finish_reason: str = ""


class Receipt(BaseModel, frozen=True):
    """Of a receipt what may be told."""

    received_at: datetime | None = None
    calls: tuple[ModelAsked, ...] = ()
    prompt_version: str | None = None
    tokens: int | None = None
    cost: float | None = None
    chunks: tuple[object, ...] = ()


class Stage(BaseModel, frozen=True):
    stage: str
    at: datetime


class EndedTurn(Ended, frozen=True):
    started_at: datetime
    error_code: str | None
    stages: tuple[Stage, ...]
    receipt: Receipt | None


class TimedCall(BaseModel, frozen=True):
    """A call of a model in a room; what it took is not known of those before it was measured."""

    id: UUID
    model: str | None
    provider: str | None
    tokens: int | None
    milliseconds: int | None
    ended_at: datetime


class EndedRun(Ended, frozen=True):
    """A room's run."""

    run: int
    status_reason: str | None
    tokens: int
    cost: float
    started_at: datetime
    calls: tuple[TimedCall, ...]  # of planning and review


class Wait(BaseModel, frozen=True):
    id: UUID
    kind: str
    answered: bool
    started_at: datetime
    ended_at: datetime


class EndedTask(Ended, frozen=True):
    room_id: UUID
    run: int
    role: str
    round: int
    error_code: str | None
    attempts: int
    tokens: int
    cost: float
    started_at: datetime | None  # None: it was never begun
    calls: tuple[TimedCall, ...]
    waits: tuple[Wait, ...]


class SettledDocument(Ended, frozen=True):
    """An attempt at a document of the knowledge base."""

    error_code: str | None
    format: str | None
    bytes: int | None
    chunks: int
    version: int
    started_at: datetime


class EndedWork(BaseModel, frozen=True):
    """The oldest of each kind that a collector has not been told of."""

    turns: tuple[EndedTurn, ...]
    rooms: tuple[EndedRun, ...]
    tasks: tuple[EndedTask, ...]
    documents: tuple[SettledDocument, ...]

    @property
    def kinds(self) -> Mapping[str, Sequence[Ended]]:
        return {"turns": self.turns, "rooms": self.rooms, "tasks": self.tasks, "documents": self.documents}

    @property
    def through(self) -> dict[str, dict[str, str]]:
        """The last one of each kind."""
        last = {kind: ended[-1] for kind, ended in self.kinds.items() if ended}
        return {kind: {"ended_at": each.ended_at.isoformat(), "id": str(each.id)} for kind, each in last.items()}


def ended_work(database: "Database") -> EndedWork:
    """At most 100 of each kind, of the last day."""
    return EndedWork.model_validate(database.rpc("ended_work"))


def note_told(database: "Database", work: EndedWork) -> None:
    """So that none of it is told again."""
    database.rpc("note_told", p_through=work.through)
