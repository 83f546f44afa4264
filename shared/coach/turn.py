"""The chat turn: embed the question, begin in the database, ask the model, check, finish in the database."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.auth.principal import Principal
from shared.coach.citations import CoachAnswer, read_answer
from shared.coach.messages import NewMessage, SentMessage
from shared.database.client import Database
from shared.llm import embeddings, tokens
from shared.llm.chat import Answer, chat_model, stream_answer
from shared.llm.errors import ModelError
from shared.llm.prices import Cost, cost
from shared.platform.deadline import Deadline
from shared.platform.errors import DomainError, UnavailableError
from shared.platform.idempotency import Idempotency
from shared.platform.observability import log_fault
from shared.prompts import coach as prompts

HISTORY_MESSAGES = 50  # the question itself is one of them
PASSAGES = 6
# Cosine similarity below which a passage is about something else. Unrelated questions reach .15 to .2 with MiniLM and
# text-embedding-3-small alike, questions that a passage answers .4 and more.
MIN_SCORE = 0.25
# Seconds that must be left when the model ends, for storing the answer; and for everything after embedding.
KEEP_FOR_FINISH = 5.0
KEEP_FOR_MODEL = 10.0
REFUSAL = "I cannot help with that."


@dataclass(frozen=True)
class Question:
    """One message of a user to a session."""

    session_id: UUID
    asker: Principal
    body: NewMessage
    idempotency: Idempotency

    @property
    def text(self) -> str:
        return self.body.content


@dataclass(frozen=True)
class TurnResult:
    answer: SentMessage
    replayed: bool  # the stored answer to an earlier request with the same Idempotency-Key


def run_turn(database: Database, question: Question, deadline: Deadline) -> TurnResult:
    """Answer a question: exactly two calls to the database, whatever happens in between.

    Raises NotFoundError, ConflictError, InvalidRequestError or QuotaExceededError before anything is stored, and
    UnavailableError (ModelError) after the turn was ended as failed and its reservation released.
    """
    model = chat_model()
    embedded = embeddings.embed([question.text], deadline, keep=KEEP_FOR_MODEL)
    begun = _begin(database, question, embedded, model)
    if begun["replayed"]:
        return TurnResult(SentMessage.model_validate(begun["response"]), replayed=True)

    prompt = prompts.build(question.text, begun["profile"], begun["history"], begun["passages"])
    answer = Answer(model)
    try:
        coached = _ask(answer, prompt, question, deadline)
        spent = cost(model, answer.prompt_tokens, answer.completion_tokens) + cost(embedded.model, embedded.tokens)
        receipt = _receipt(answer, prompt, begun, embedded, spent)
        finished = _finish(database, question, begun["turn_id"], coached, receipt, spent)
    except Exception as fault:
        _fail(database, question, begun["turn_id"], answer, fault)
        raise
    return TurnResult(SentMessage.model_validate(finished), replayed=False)


def _begin(database: Database, question: Question, embedded: embeddings.Embeddings, model: str) -> dict[str, Any]:
    reserve = prompts.reserve_tokens(question.text)
    most = cost(model, reserve - prompts.ANSWER_TOKENS, prompts.ANSWER_TOKENS) + cost(embedded.model, embedded.tokens)
    begun: dict[str, Any] = database.rpc(
        "begin_turn",
        p_user_id=str(question.asker.user_id),
        p_session_id=str(question.session_id),
        p_content=question.text,
        p_token_count=tokens.count(question.text),
        p_embedding=embedded.vectors[0],
        p_embedding_model=embedded.model,
        p_reserve_tokens=reserve,
        p_reserve_cost=str(most.dollars),
        p_history_limit=HISTORY_MESSAGES,
        p_passage_limit=PASSAGES,
        p_min_score=MIN_SCORE,
        **question.idempotency.arguments(question.body),
    )
    return begun


def _ask(answer: Answer, prompt: prompts.Prompt, question: Question, deadline: Deadline) -> CoachAnswer:
    for _ in stream_answer(
        answer,
        prompt.messages,
        schema=prompts.ANSWER_SCHEMA,
        max_tokens=prompts.ANSWER_TOKENS,
        deadline=deadline,
        keep=KEEP_FOR_FINISH,
        user_id=question.asker.user_id,
    ):
        pass
    coached = read_answer(answer.text, prompt.passages)
    if coached.text:
        return coached
    if answer.refusal or answer.finish_reason == "content_filter":
        return CoachAnswer(answer.refusal or REFUSAL, [], 0)
    raise ModelError(code="model_malformed")


def _finish(
    database: Database, question: Question, turn_id: str, coached: CoachAnswer, receipt: dict[str, Any], spent: Cost
) -> Any:
    """Store the answer and settle the quota; once more when the database did not answer, as that is safe."""
    arguments = {
        "p_user_id": str(question.asker.user_id),
        "p_turn_id": turn_id,
        "p_content": coached.text,
        "p_token_count": tokens.count(coached.text),
        "p_metadata": {"citations": coached.citations, "receipt": receipt},
        "p_tokens": receipt["tokens"],
        "p_cost": str(spent.dollars),
        "p_model": receipt["model"],
        "p_cost_complete": spent.complete,
        "p_estimated": receipt["estimated"],
    }
    try:
        return database.rpc("finish_turn", **arguments)
    except UnavailableError:
        return database.rpc("finish_turn", **arguments)


def _fail(database: Database, question: Question, turn_id: str, answer: Answer, fault: Exception) -> None:
    """End the turn as failed. The first fault is what the caller is told, whatever becomes of this."""
    code = fault.reason if isinstance(fault, DomainError) else "internal_error"
    try:
        database.rpc(
            "fail_turn",
            p_user_id=str(question.asker.user_id),
            p_turn_id=turn_id,
            p_error_code=code,
            p_partial_content=read_answer(answer.text, {}).text,
        )
    except DomainError as second:
        log_fault("a failed turn could not be ended; its reservation will expire", second)


def _receipt(
    answer: Answer,
    prompt: prompts.Prompt,
    begun: dict[str, Any],
    embedded: embeddings.Embeddings,
    spent: Cost,
) -> dict[str, Any]:
    """What the answer was made from, for whoever asks why it says what it says."""
    return {
        "model": answer.model,
        "prompt_version": prompts.VERSION,
        "prompt_hash": prompts.prompt_hash(),
        "profile_fields": prompt.profile_fields,
        "chunks": [
            {
                "chunk_id": passage["chunk_id"],
                "version": passage["version"],
                "score": round(passage["score"], 4),
            }
            for passage in prompt.passages.values()
        ],
        "history_messages": prompt.history_used,
        "history_left_out": begun["history_total"] - prompt.history_used,
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "embedding_tokens": embedded.tokens,
        "tokens": answer.prompt_tokens + answer.completion_tokens + embedded.tokens,
        "estimated": answer.estimated,
        "cost": float(spent.dollars),
        "cost_complete": spent.complete,
        "first_token_ms": answer.first_token_ms,
        "finish_reason": answer.finish_reason,
    }
