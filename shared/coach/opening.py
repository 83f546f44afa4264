"""Opens a turn in the database: the first of its two calls."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.auth.principal import Principal
from shared.coach.messages import NewMessage, SentMessage
from shared.coach.work import TurnWork
from shared.database.client import Database
from shared.knowledge.search import MIN_SCORE
from shared.knowledge.serving import serving_model
from shared.llm import embeddings, tokens
from shared.llm.chat import chat_model
from shared.llm.embeddings import Embeddings
from shared.llm.prices import cost
from shared.platform.deadline import Deadline
from shared.platform.idempotency import Idempotency
from shared.prompts import coach as prompts

HISTORY_MESSAGES = 50  # the question itself is one of them
PASSAGES = 6
KEEP_FOR_MODEL = 10.0  # seconds that must be left when the question is embedded
LEASE_MARGIN = 15.0  # seconds after the end of a worker's time from which it counts as dead


@dataclass(frozen=True)
class Question:
    """One message of a user to a session."""

    session_id: UUID
    asker: Principal
    body: NewMessage
    idempotency: Idempotency


def open_turn(database: Database, question: Question, deadline: Deadline) -> TurnWork | SentMessage:
    """Open a turn, or return the stored answer to an earlier request with the same Idempotency-Key.

    Raises NotFoundError, ConflictError, InvalidRequestError, QuotaExceededError, UnavailableError; each leaves nothing.
    """
    model = serving_model(database)
    embedded = embeddings.embed([question.body.content], deadline, keep=KEEP_FOR_MODEL, model=model)
    most = prompts.most_tokens(question.body.content)
    dollars = cost(chat_model(), most.prompt, most.answers) + cost(embedded.model, embedded.tokens)
    return _begin(
        database,
        question,
        deadline,
        embedded,
        p_embedding=embedded.vectors[0],
        p_reserve_tokens=most.prompt + most.answers + embedded.tokens,
        p_reserve_cost=str(dollars.dollars),
    )


def open_free_turn(database: Database, question: Question, deadline: Deadline) -> TurnWork | SentMessage:
    """The same without a model: nothing is searched and nothing reserved, so that no limit is in the way."""
    nothing = Embeddings([], "", 0)
    free: dict[str, Any] = {"p_embedding": None, "p_reserve_tokens": 0, "p_reserve_cost": 0, "p_free": True}
    return _begin(database, question, deadline, nothing, **free)


def _begin(
    database: Database, question: Question, deadline: Deadline, embedded: Embeddings, **arguments: Any
) -> TurnWork | SentMessage:
    text = question.body.content
    begun: dict[str, Any] = database.rpc(
        "begin_turn",
        p_user_id=str(question.asker.user_id),
        p_session_id=str(question.session_id),
        p_content=text,
        p_token_count=tokens.count(text),
        p_embedding_model=embedded.model,
        p_history_limit=HISTORY_MESSAGES,
        p_passage_limit=PASSAGES,
        p_min_score=MIN_SCORE,
        p_lease_seconds=deadline.remaining() + LEASE_MARGIN,
        **arguments,
        **question.idempotency.arguments(question.body),
    )
    if begun["replayed"]:
        return SentMessage.model_validate(begun["response"])
    return TurnWork(
        user_id=question.asker.user_id,
        session_id=question.session_id,
        question=text,
        embedding_model=embedded.model,
        embedding_tokens=embedded.tokens,
        **{name: value for name, value in begun.items() if name != "replayed"},
    )
