"""What a turn asks the database, from its check to its end, and what it is given to work with.

Each raises UnavailableError where the database does not answer.
"""

from uuid import UUID

from pydantic import BaseModel, Field

from shared.coach.schemas import SentMessage
from shared.coach.turn.work import Ending, Question, Reservation, TurnWork
from shared.database.client import Database
from shared.knowledge.passages import MAX_PASSAGES
from shared.knowledge.questions import goes_on, least_similarity
from shared.knowledge.vector_queries import literal
from shared.llm import tokens
from shared.llm.answer import Bill
from shared.llm.embeddings import Embeddings
from shared.realtime.publishing import Change

MAX_HISTORY_MESSAGES = 50  # the question is one of them; as many as an app shows at first, and more than a prompt holds
MAX_TEXT = 100_000  # characters, of an answer as of a part of one: what their columns hold


# ----------------------------------------------------------------------------------------------------------- a turn
class CheckedTurn(BaseModel, frozen=True):
    replayed: SentMessage | None = Field(None, validation_alias="response")  # the answer to an earlier request
    serving_model: str | None = None  # with which the question must be embedded; None before the first document
    questions_before: list[str] = []  # their beginnings, newest first: what the question may go on from


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
        p_reserve_tokens=reservation.least.tokens,
        p_reserve_cost=str(reservation.least.cost.dollars),
        p_idempotency_key=question.idempotency.key,
        p_request_hash=question.idempotency.request_hash(question.body),
        p_replaces=question.body.replaces and str(question.body.replaces),
    )
    return CheckedTurn.model_validate(checked)


def begin_turn(
    database: Database,
    question: Question,
    embedded: Embeddings,
    reservation: Reservation,
    lease_seconds: float,
    *,
    context: str | None = None,
    hand_over: bool = False,
) -> TurnWork | SentMessage:
    """Begin a turn, or return the stored answer to an earlier request with the same key. Safe to repeat.

    `embedded` has the vectors of the question and, if there is one, of its context; nothing is searched without one.
    With `hand_over`, another worker is to claim it. Raises NotFoundError, ConflictError, InvalidRequestError,
    QuotaExceededError; each leaves nothing.
    """
    vector, context_vector, *_ = [*map(literal, embedded.vectors), None, None]
    begun = database.rpc(
        "begin_turn",
        p_user_id=str(question.user_id),
        p_session_id=str(question.session_id),
        p_content=question.body.content,
        p_token_count=tokens.count(question.body.content),
        p_embedding=vector,
        p_embedding_model=embedded.model,
        p_reserve_tokens=reservation.least.tokens,
        p_reserve_cost=str(reservation.least.cost.dollars),
        p_most_tokens=reservation.most.tokens,
        p_most_cost=str(reservation.most.cost.dollars),
        p_most_history=reservation.history_tokens,
        p_history_limit=MAX_HISTORY_MESSAGES,
        p_passage_limit=MAX_PASSAGES if vector else 0,
        p_min_score=least_similarity(question.body.content),
        p_lease_seconds=lease_seconds,
        p_free=reservation.is_free,
        p_turn_id=str(question.turn_id),
        p_hand_over=hand_over,
        p_embedding_tokens=embedded.tokens,
        p_idempotency_key=question.idempotency.key,
        p_request_hash=question.idempotency.request_hash(question.body),
        p_replaces=question.body.replaces and str(question.body.replaces),
        p_context=context,
        p_context_embedding=context_vector,
        p_goes_on=goes_on(question.body.content),
    )
    if begun["replayed"]:
        return SentMessage.model_validate(begun["response"])
    embedding = {"embedding_model": embedded.model, "embedding_tokens": embedded.tokens}
    known = {"user_id": question.user_id, "received_at": question.received_at}
    return TurnWork.model_validate(begun | known | embedding)


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
        p_free=ending.is_free,
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
