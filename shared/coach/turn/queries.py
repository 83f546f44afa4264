"""What a turn asks the database, from its check to its end, and what it is given to work with.

Each raises UnavailableError where the database does not answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID, uuid4

from pydantic import BaseModel, Field

from shared.actions.action import Action
from shared.actions.proposals import Proposal
from shared.coach.schemas import Message, NewMessage, SentMessage, Turn
from shared.database.client import Database
from shared.knowledge.queries import Passage
from shared.knowledge.search import MIN_SCORE
from shared.llm import tokens
from shared.llm.answer import Bill
from shared.llm.catalogue import FREE, Cost
from shared.llm.embeddings import Embeddings
from shared.platform.idempotency import Idempotency
from shared.platform.text import JsonObject
from shared.realtime.publishing import Change
from shared.safety.situation import Situation, StoredAthlete

MAX_HISTORY_MESSAGES = 50  # the question is one of them; as many as an app shows at first, and more than a prompt holds
MAX_TEXT = 100_000  # characters, of an answer as of a part of one: what their columns hold
MAX_PASSAGES = 6  # of 700 tokens at most: about what the prompt's budget for them holds

Status = Literal["completed", "cancelled"]


# ------------------------------------------------------------------------------------------- what a turn is made from
@dataclass(frozen=True)
class Question:
    """One message of a user to a session, and the id that its turn will have: begun again, it is the same turn."""

    session_id: UUID
    user_id: UUID
    body: NewMessage
    idempotency: Idempotency
    turn_id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True)
class Reservation:
    """The most that a turn may use, held back until it ends. One that asks no model is free: no limit is in its way."""

    tokens: int = 0
    cost: Cost = FREE
    is_free: bool = False


class TurnWork(Change, frozen=True):
    """A turn that has begun, with all that a worker needs to answer it. Its events are not pushed yet."""

    user_id: UUID
    question: str
    question_id: UUID
    turn: Turn
    first: bool  # of its session, which then has no title of its own yet
    athlete: StoredAthlete
    actions: list[Action]  # proposed earlier in the session
    history: list[Message]
    history_total: int  # of all messages before, also those that are not in `history`
    passages: list[Passage]
    embedding_model: str
    embedding_tokens: int

    @property
    def stream(self) -> str:
        return f"session:{self.turn.session_id}"

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


# ----------------------------------------------------------------------------------------------------------- a turn
class CheckedTurn(BaseModel, frozen=True):
    replayed: SentMessage | None = Field(None, validation_alias="response")  # the answer to an earlier request
    serving_model: str | None = None  # with which the question must be embedded; None before the first document


class Checkpoint(BaseModel, frozen=True):
    proceed: bool  # False: the turn was cancelled, or has ended
    listeners: list[str]


class FinishedTurn(Change, frozen=True):
    response: SentMessage


def check_turn(database: Database, question: Question, reservation: Reservation) -> CheckedTurn:
    """Whether a turn could begin, claiming nothing. Raises what begin_turn raises."""
    checked = database.rpc(
        "check_turn",
        p_user_id=str(question.user_id),
        p_session_id=str(question.session_id),
        p_reserve_tokens=reservation.tokens,
        p_reserve_cost=str(reservation.cost.dollars),
        p_idempotency_key=question.idempotency.key,
        p_request_hash=question.idempotency.request_hash(question.body),
    )
    return CheckedTurn.model_validate(checked)


def begin_turn(
    database: Database,
    question: Question,
    embedded: Embeddings,
    reservation: Reservation,
    lease_seconds: float,
    *,
    hand_over: bool = False,
) -> TurnWork | SentMessage:
    """Begin a turn, or return the stored answer to an earlier request with the same key. Safe to repeat.

    With `hand_over`, another worker is to claim it. Raises NotFoundError, ConflictError, InvalidRequestError,
    QuotaExceededError; each leaves nothing.
    """
    begun = database.rpc(
        "begin_turn",
        p_user_id=str(question.user_id),
        p_session_id=str(question.session_id),
        p_content=question.body.content,
        p_token_count=tokens.count(question.body.content),
        p_embedding=next(iter(embedded.vectors), None),
        p_embedding_model=embedded.model,
        p_reserve_tokens=reservation.tokens,
        p_reserve_cost=str(reservation.cost.dollars),
        p_history_limit=MAX_HISTORY_MESSAGES,
        p_passage_limit=MAX_PASSAGES,
        p_min_score=MIN_SCORE,
        p_lease_seconds=lease_seconds,
        p_free=reservation.is_free,
        p_turn_id=str(question.turn_id),
        p_hand_over=hand_over,
        p_embedding_tokens=embedded.tokens,
        p_idempotency_key=question.idempotency.key,
        p_request_hash=question.idempotency.request_hash(question.body),
    )
    if begun["replayed"]:
        return SentMessage.model_validate(begun["response"])
    embedding = {"embedding_model": embedded.model, "embedding_tokens": embedded.tokens}
    return TurnWork.model_validate(begun | {"user_id": question.user_id} | embedding)


def claim_turn(
    database: Database, user_id: UUID, turn_id: UUID, worker_id: UUID, lease_seconds: float
) -> TurnWork | None:
    """Take over a turn that was handed over; None where another worker has it, or it has ended. Safe to repeat."""
    claimed = database.rpc(
        "claim_turn",
        p_user_id=str(user_id),
        p_turn_id=str(turn_id),
        p_worker_id=str(worker_id),
        p_lease_seconds=lease_seconds,
        p_history_limit=MAX_HISTORY_MESSAGES,
    )
    return TurnWork.model_validate(claimed | {"user_id": user_id}) if claimed else None


def checkpoint_turn(database: Database, work: TurnWork, partial_content: str, used: Bill) -> Checkpoint:
    """Keep what has been streamed and used, should the worker die; learn who listens, and whether to go on."""
    found = database.rpc(
        "checkpoint_turn",
        p_user_id=str(work.user_id),
        p_turn_id=str(work.turn.id),
        p_partial_content=partial_content[:MAX_TEXT],
        p_used=used.row(),
    )
    return Checkpoint.model_validate(found)


def finish_turn(database: Database, work: TurnWork, ending: Ending) -> FinishedTurn:
    """Store the answer and its proposals, settle the quota. Safe to repeat. Raises ConflictError (turn_ended)."""
    finished = database.rpc(
        "finish_turn",
        p_user_id=str(work.user_id),
        p_turn_id=str(work.turn.id),
        p_content=ending.text[:MAX_TEXT],
        p_token_count=tokens.count(ending.text),
        p_metadata=ending.metadata,
        p_tokens=ending.bill.tokens,
        p_cost=str(ending.bill.cost.dollars),
        p_model=ending.model,
        p_cost_complete=ending.bill.cost.complete,
        p_estimated=ending.bill.estimated,
        p_status=ending.status,
        p_actions=[proposal.model_dump(mode="json") for proposal in ending.proposals],
    )
    return FinishedTurn.model_validate(finished)


def fail_turn(
    database: Database, work: TurnWork, code: str, partial_content: str = "", bill: Bill | None = None
) -> Change:
    """End a turn without an answer, charging what was used for it. Safe to repeat."""
    ended = database.rpc(
        "fail_turn",
        p_user_id=str(work.user_id),
        p_turn_id=str(work.turn.id),
        p_error_code=code,
        p_partial_content=partial_content[:MAX_TEXT],
        p_used=bill and bill.row(),
    )
    return Change.model_validate(ended)
