"""A chat turn from its question to its end: sent, begun, carried out, finished."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from shared.coach.schemas import BegunTurn, SentMessage
from shared.coach.turn import background, queries
from shared.coach.turn.beginning import RESERVED_SECONDS, begin, begin_again, lease
from shared.coach.turn.ending import answered, partial
from shared.coach.turn.model_loop import ModelLoop
from shared.coach.turn.telemetry import tell_answered, tell_failed
from shared.coach.turn.work import Ending, Question, Reservation, TurnWork
from shared.database.client import Database
from shared.llm.answer import Bill
from shared.llm.embeddings import Embeddings
from shared.llm.moderation import Moderation
from shared.platform.deadline import Deadline
from shared.platform.errors import ConflictError, DomainError, RateLimitedError
from shared.platform.observability import log_fault
from shared.platform.outlasting import UnfinishedError, finish_within
from shared.platform.repetition import repeated
from shared.quotas import rate_limit_headers
from shared.realtime.publishing import Change, forget, publish
from shared.realtime.push import Pusher
from shared.safety.advice import Reader
from shared.safety.classifier import find_urgency
from shared.safety.red_flags import RedFlag

# After which a turn is answered by its id: the HTTP API waits for 30 s, and a cold start and the way are part of them.
ANSWER_SECONDS = 24.0
FAIL_SECONDS = 1.0  # that are left for ending a turn whose answer could not be stored
WRITE_SECONDS = 0.2  # that one call of the database needs


@dataclass(frozen=True)
class Sent:
    """What the API answers."""

    status: int
    body: SentMessage | BegunTurn
    headers: dict[str, str] = field(default_factory=dict)


def send(database: Database, question: Question, deadline: Deadline, *, respond_async: bool) -> Sent:
    """Run a turn, or begin it and leave the rest to another invocation. Raises DomainError.

    One that takes too long is answered as if it had been left, and goes on. An urgent message is answered
    at once, whatever the client prefers.
    """
    patience = Deadline.after(ANSWER_SECONDS)
    if flag := find_urgency(question.body.content):
        return _advise(database, question, flag, deadline)
    moderation = Moderation()
    try:
        work = begin(database, question, deadline, moderation, hand_over=respond_async)
    except ConflictError as running:
        if turn_id := running.extra.get("turn_id"):  # whose answer to wait for
            running.headers["Location"] = _location(question.session_id, turn_id)
        raise
    if isinstance(work, SentMessage):
        return _replayed(work)
    if respond_async:
        background.answer_later(database, work, deadline)
        return _begun(work, {"Preference-Applied": "respond-async"})
    background.begin_later_job(work)
    try:
        sent = finish_within(lambda: carry_out(database, work, deadline, moderation), patience.remaining())
    except UnfinishedError:
        return _begun(work, {})
    return Sent(200, sent, rate_limit_headers(sent.usage))


def _begun(work: TurnWork, headers: dict[str, str]) -> Sent:
    location = _location(work.turn.session_id, work.turn.id)
    return Sent(202, BegunTurn(turn=work.turn), {"Location": location, **headers})


def _location(session_id: UUID, turn_id: object) -> str:
    return f"/v1/chat/sessions/{session_id}/turns/{turn_id}"


def _replayed(answer: SentMessage) -> Sent:
    return Sent(200, answer, {"Idempotent-Replayed": "true"} | rate_limit_headers(answer.usage))


def run_task(task: background.BackgroundTask, deadline: Deadline) -> None:
    """Do what another invocation left, unless a second delivery of the same event finds it claimed or done.

    Never raises: Lambda would run it again, and a failed turn has ended.
    """
    database, worker_id = Database.as_service(), uuid4()
    job: background.Job | None = task.job
    try:
        if job == "answer":
            work = repeated(
                lambda: queries.claim_turn(database, task.user_id, task.turn_id, worker_id, lease(deadline)),
                deadline,
                RESERVED_SECONDS,
            )
            if work is None:
                return
            carry_out(database, work, deadline)
            job = background.later_job(work)
        if job:
            from shared.coach import summaries, titles  # for an invocation that nobody waits for

            make = {"title": titles.make_title, "summary": summaries.make_summary}[job]
            make(database, task.user_id, task.turn_id, deadline)
    except DomainError as fault:
        log_fault("work in the background failed", fault)


def _advise(database: Database, question: Question, flag: RedFlag, deadline: Deadline) -> Sent:
    """Fixed words instead of a model. They cost nothing, and stand also in the refusal of who writes too many of these.

    Raises DomainError.
    """
    nothing = Embeddings([], "", 0)
    try:
        work = begin_again(database, question, nothing, Reservation(is_free=True), deadline)
    except RateLimitedError as refused:
        raise RateLimitedError(
            flag.advice().text, code=refused.reason, retry_after=refused.retry_after, extra=refused.extra
        ) from None
    if isinstance(work, SentMessage):
        return _replayed(work)
    advice = flag.advice(Reader.of(work.situation.profile))
    safety = {"red_flag": flag.id, "kind": flag.kind, "source": advice.source}
    with Pusher(work.stream, work.listeners) as pusher:
        pusher.events(work.events)
        advised = finish(database, work, Ending(advice.text, {"citations": [], "safety": safety}), pusher, deadline)
    return Sent(200, advised, rate_limit_headers(advised.usage))


def carry_out(
    database: Database, work: TurnWork, deadline: Deadline, moderation: Moderation | None = None
) -> SentMessage:
    """Answer a begun turn: one more call to the database, and one per checkpoint or tool call in between.

    Raises UnavailableError (ModelError) after the turn was ended as failed and its reservation released.
    """
    with Pusher(work.stream, work.listeners) as pusher:
        loop = ModelLoop(database, work, deadline, pusher, moderation or Moderation())
        pusher.events(work.events)  # once the prompt is built: both need the processor, and the model is waited for
        try:
            return finish(database, work, answered(loop), pusher, deadline)
        except Exception as fault:
            _fail(loop, fault)
            raise


def finish(database: Database, work: TurnWork, end: Ending, pusher: Pusher, deadline: Deadline) -> SentMessage:
    """Store the answer, settle the quota, tell whoever listens. Raises DomainError."""
    finished = repeated(lambda: queries.finish_turn(database, work, end), deadline, FAIL_SECONDS)
    own = [event for event in finished.events if event["stream"] != work.stream]
    pusher.listen(finished.listeners)
    pusher.events([event for event in finished.events if event["stream"] == work.stream])
    publish(database, Change(events=own, listeners=[], user_listeners=finished.user_listeners))
    forget(database, pusher.gone)
    tell_answered(work, end, finished.response.turn.status)
    return finished.response


def _fail(loop: ModelLoop, fault: Exception) -> None:
    """End the turn as failed. The first fault is what the caller is told, whatever becomes of this."""
    code = fault.reason if isinstance(fault, DomainError) else "internal_error"
    tell_failed(loop.work, code)
    partial, bill = _left_of(loop)
    try:
        ended = repeated(
            lambda: queries.fail_turn(loop.database, loop.work, code, partial, bill), loop.deadline, WRITE_SECONDS
        )
        loop.pusher.events(ended.events)
    except DomainError as second:
        log_fault("a failed turn could not be ended; the sweep will", second)


def _left_of(loop: ModelLoop) -> tuple[str, Bill]:
    """The answer as far as it came, and what was used. A fault in reckoning keeps no turn from its end."""
    try:
        return partial(loop), loop.bill if loop.paid else Bill()  # nothing, where no model was paid
    except Exception as fault:  # noqa: BLE001 - the first fault is what is told
        log_fault("a failed turn could not be reckoned", fault)
        return loop.preview.text, Bill()
