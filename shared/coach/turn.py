"""The chat turn: embed the question, begin in the database, ask the model, check, finish in the database."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.auth.principal import Principal
from shared.coach.answering import TurnStoppedError, stream_text
from shared.coach.citations import CoachAnswer, read_answer, visible_text
from shared.coach.messages import NewMessage, SentMessage
from shared.coach.receipt import receipt, spent
from shared.coach.work import TurnWork
from shared.database.client import Database
from shared.llm import embeddings, tokens
from shared.llm.chat import Answer, chat_model
from shared.llm.errors import ModelError
from shared.llm.prices import cost
from shared.platform.deadline import Deadline
from shared.platform.errors import DomainError, UnavailableError
from shared.platform.idempotency import Idempotency
from shared.platform.observability import log_fault
from shared.prompts import coach as prompts
from shared.realtime.push import Pusher

HISTORY_MESSAGES = 50  # the question itself is one of them
PASSAGES = 6
# Cosine similarity below which a passage is about something else. Unrelated questions reach .15 to .2 with MiniLM and
# text-embedding-3-small alike, questions that a passage answers .4 and more.
MIN_SCORE = 0.25
KEEP_FOR_MODEL = 10.0  # seconds that must be left when the question is embedded
LEASE_MARGIN = 15.0  # seconds after the end of a worker's time from which it counts as dead
REFUSAL = "I cannot help with that."


@dataclass(frozen=True)
class Question:
    """One message of a user to a session."""

    session_id: UUID
    asker: Principal
    body: NewMessage
    idempotency: Idempotency


def begin(database: Database, question: Question, deadline: Deadline) -> TurnWork | SentMessage:
    """Open a turn, or return the stored answer to an earlier request with the same Idempotency-Key.

    Raises NotFoundError, ConflictError, InvalidRequestError, QuotaExceededError, UnavailableError; each leaves nothing.
    """
    text, model = question.body.content, chat_model()
    embedded = embeddings.embed([text], deadline, keep=KEEP_FOR_MODEL)
    reserve = prompts.reserve_tokens(text)
    most = cost(model, reserve - prompts.ANSWER_TOKENS, prompts.ANSWER_TOKENS) + cost(embedded.model, embedded.tokens)
    begun: dict[str, Any] = database.rpc(
        "begin_turn",
        p_user_id=str(question.asker.user_id),
        p_session_id=str(question.session_id),
        p_content=text,
        p_token_count=tokens.count(text),
        p_embedding=embedded.vectors[0],
        p_embedding_model=embedded.model,
        p_reserve_tokens=reserve,
        p_reserve_cost=str(most.dollars),
        p_history_limit=HISTORY_MESSAGES,
        p_passage_limit=PASSAGES,
        p_min_score=MIN_SCORE,
        p_lease_seconds=deadline.remaining() + LEASE_MARGIN,
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


def carry_out(database: Database, work: TurnWork, deadline: Deadline) -> SentMessage:
    """Answer a begun turn: one more call to the database, whatever happens in between, and one per checkpoint.

    Raises UnavailableError (ModelError) after the turn was ended as failed and its reservation released.
    """
    prompt = prompts.build(work.question, work.profile, work.history, work.passages)
    answer = Answer(chat_model())
    with Pusher(work.stream, work.listeners) as pusher:
        pusher.events(work.events)
        try:
            coached, status = _coached(database, work, prompt, answer, deadline, pusher)
            finished = _finish(database, work, coached, status, answer, prompt)
        except Exception as fault:
            _fail(database, work, answer, fault, pusher)
            raise
        pusher.listen(finished["listeners"])
        pusher.events([event for event in finished["events"] if event["stream"] == work.stream])
    own_stream = f"user:{work.user_id}"
    with Pusher(own_stream, finished["user_listeners"]) as own:
        own.events([event for event in finished["events"] if event["stream"] == own_stream])
    _forget(database, [*pusher.gone, *own.gone])
    return SentMessage.model_validate(finished["response"])


def _forget(database: Database, gone: list[str]) -> None:
    """Delete connections that a push found gone. The answer is there: a fault here is nobody's."""
    if not gone:
        return
    try:
        database.rpc("close_connections", p_connection_ids=gone)
    except DomainError as fault:
        log_fault("gone connections could not be deleted", fault)


def _coached(
    database: Database, work: TurnWork, prompt: prompts.Prompt, answer: Answer, deadline: Deadline, pusher: Pusher
) -> tuple[CoachAnswer, str]:
    """The answer and how the turn ends: completed, or cancelled with what there was of it."""
    try:
        stream_text(database, work, prompt, answer, deadline, pusher)
    except TurnStoppedError:
        answer.estimate(prompt.messages)
        return read_answer(answer.text, prompt.passages), "cancelled"
    coached = read_answer(answer.text, prompt.passages)
    if coached.text:
        return coached, "completed"
    if answer.refusal or answer.finish_reason == "content_filter":
        return CoachAnswer(answer.refusal or REFUSAL, [], 0), "completed"
    raise ModelError(code="model_malformed")


def _finish(
    database: Database, work: TurnWork, coached: CoachAnswer, status: str, answer: Answer, prompt: prompts.Prompt
) -> dict[str, Any]:
    """Store the answer and settle the quota; once more when the database did not answer, as that is safe."""
    total = spent(work, answer)
    made_from = receipt(work, answer, prompt, total)
    arguments = {
        "p_user_id": str(work.user_id),
        "p_turn_id": work.turn_id,
        "p_content": coached.text,
        "p_token_count": tokens.count(coached.text),
        "p_metadata": {"citations": coached.citations, "receipt": made_from},
        "p_tokens": made_from["tokens"],
        "p_cost": str(total.dollars),
        "p_model": answer.model,
        "p_cost_complete": total.complete,
        "p_estimated": answer.estimated,
        "p_status": status,
    }
    try:
        finished: dict[str, Any] = database.rpc("finish_turn", **arguments)
    except UnavailableError:
        finished = database.rpc("finish_turn", **arguments)
    return finished


def _fail(database: Database, work: TurnWork, answer: Answer, fault: Exception, pusher: Pusher) -> None:
    """End the turn as failed. The first fault is what the caller is told, whatever becomes of this."""
    code = fault.reason if isinstance(fault, DomainError) else "internal_error"
    partial = visible_text(answer.text)
    try:
        ended = fail_turn(database, work, code, partial)
        pusher.events(ended["events"])
    except DomainError as second:
        log_fault("a failed turn could not be ended; the sweep will", second)


def fail_turn(database: Database, work: TurnWork, code: str, partial: str = "") -> dict[str, Any]:
    """End a turn without an answer; safe to repeat."""
    ended: dict[str, Any] = database.rpc(
        "fail_turn",
        p_user_id=str(work.user_id),
        p_turn_id=work.turn_id,
        p_error_code=code,
        p_partial_content=partial,
    )
    return ended
