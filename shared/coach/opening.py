"""Opens a turn in the database: the first of its two calls."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.auth.principal import Principal
from shared.coach.messages import NewMessage, SentMessage
from shared.coach.work import TurnWork
from shared.database.client import Database
from shared.knowledge.search import MIN_SCORE
from shared.llm import embeddings, tokens
from shared.llm.embeddings import Embeddings
from shared.llm.prices import FREE, Cost, cost
from shared.llm.providers import candidates
from shared.llm.request import Request
from shared.platform import settings
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

    Nothing is paid for before the database has said that a turn can be opened.
    Raises NotFoundError, ConflictError, InvalidRequestError, QuotaExceededError, UnavailableError; each leaves nothing.
    """
    most = prompts.most_tokens(question.body.content, _most_written(question))
    dollars = _most_cost(most)
    checked = _checked(database, question, most.prompt + most.answers, dollars)
    if checked["replayed"]:
        return SentMessage.model_validate(checked["response"])
    model = checked["serving_model"] or settings.load(settings.ModelSettings).embedding_model
    embedded = embeddings.embed([question.body.content], deadline, keep=KEEP_FOR_MODEL, model=model)
    return _begin(
        database,
        question,
        deadline,
        embedded,
        p_embedding=embedded.vectors[0],
        p_reserve_tokens=most.prompt + most.answers + embedded.tokens,
        p_reserve_cost=str((dollars + cost(embedded.model, embedded.tokens)).dollars),
    )


def _most_written(question: Question) -> int:
    """In one round, thoughts included, by whichever model answers."""
    request = Request((), settings.load(settings.ModelSettings).answer_tokens, question.asker.user_id)
    return max(model.most_tokens(request) for model in candidates("coach"))


def _most_cost(most: prompts.Most) -> Cost:
    """Of whichever model answers in the end: the dearest."""
    costs = [cost(model.name, most.prompt, most.answers) for model in candidates("coach")]
    return max(costs, key=lambda each: each.dollars, default=FREE)


def _checked(database: Database, question: Question, most_tokens: int, dollars: Cost) -> dict[str, Any]:
    checked: dict[str, Any] = database.rpc(
        "check_turn",
        p_user_id=str(question.asker.user_id),
        p_session_id=str(question.session_id),
        p_reserve_tokens=most_tokens,
        p_reserve_cost=str(dollars.dollars),
        p_idempotency_key=question.idempotency.key,
        p_request_hash=question.idempotency.request_hash(question.body),
    )
    return checked


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
        p_idempotency_key=question.idempotency.key,
        p_request_hash=question.idempotency.request_hash(question.body),
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
