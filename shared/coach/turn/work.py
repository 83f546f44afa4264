"""What a turn is made from, and how it ends."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal
from uuid import UUID, uuid4

from pydantic import BaseModel

from shared.actions.action import Action
from shared.actions.proposals import Proposal
from shared.coach.schemas import NewMessage, Role, Turn
from shared.knowledge.queries import Passage
from shared.llm.answer import Bill
from shared.llm.catalogue import FREE, Cost
from shared.platform.idempotency import Idempotency
from shared.platform.text import JsonObject
from shared.realtime.publishing import Change
from shared.safety.classifier import suspected
from shared.safety.situation import Situation, StoredAthlete

Status = Literal["completed", "cancelled"]


@dataclass(frozen=True)
class Question:
    """One message of a user to a session, and the id that its turn will have: begun again, it is the same turn."""

    session_id: UUID
    user_id: UUID
    body: NewMessage
    idempotency: Idempotency
    turn_id: UUID = field(default_factory=uuid4)
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class Use:
    tokens: int = 0
    cost: Cost = FREE

    def __add__(self, other: "Use") -> "Use":
        return Use(self.tokens + other.tokens, self.cost + other.cost)


@dataclass(frozen=True)
class Reservation:
    """The most that a turn may use, held back until it ends. One that asks no model is free: no limit is in its way.

    `least` at the beginning of a conversation, `most` once it has `history_tokens`.
    """

    least: Use = Use()
    most: Use = Use()
    history_tokens: int = 0
    is_free: bool = False

    def with_more(self, use: Use) -> "Reservation":
        return replace(self, least=self.least + use, most=self.most + use)


class HistoryMessage(BaseModel, frozen=True):
    """Of a message of the conversation what the model is told."""

    id: UUID
    turn_id: UUID | None
    role: Role
    content: str
    token_count: int
    created_at: datetime


class TurnWork(Change, frozen=True):
    """A turn that has begun, with all that a worker needs to answer it. Its events are not pushed yet."""

    user_id: UUID
    question: str
    question_id: UUID
    turn: Turn
    first: bool  # of its session, which then has no title of its own yet
    athlete: StoredAthlete
    actions: list[Action]  # proposed earlier in the session
    history: list[HistoryMessage]
    history_total: int  # of all messages before, also those that are not in `history`
    searched: bool = True  # the knowledge base, where the question may be one for it
    summary: str | None = None  # of what was said until `summary_until`
    summary_until: datetime | None = None
    passages: list[Passage]
    embedding_model: str
    embedding_tokens: int
    received_at: datetime | None = None  # by the clock of this worker; None where it took over what another began

    @property
    def stream(self) -> str:
        return f"session:{self.turn.session_id}"

    @cached_property
    def suspicion(self) -> str | None:
        """The kind of what may be urgent in the question: the model is told, and so is the user."""
        return suspected(self.question)

    @property
    def situation(self) -> Situation:
        words = [message.content for message in self.history if message.role == "user"]
        return Situation.of(self.athlete, (*words, self.question))


@dataclass(frozen=True)
class Ending:
    """How a turn ends: the answer, what is kept with it, the proposals in it, and what it cost."""

    text: str
    metadata: JsonObject
    proposals: Sequence[Proposal] = ()
    status: Status = "completed"
    model: str | None = None
    bill: Bill = field(default_factory=Bill)
    is_free: bool = False  # for the user, as often as private.rate_limits has it
