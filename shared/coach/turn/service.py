"""A chat turn from its question to its end: sent, begun, carried out, finished."""

from dataclasses import asdict, dataclass, field, replace
from uuid import UUID, uuid4

from shared.coach import titles
from shared.coach.schemas import BegunTurn, SentMessage
from shared.coach.turn import background, queries
from shared.coach.turn.answer import CoachAnswer, read_answer, visible_text
from shared.coach.turn.beginning import RESERVED_SECONDS, begin, begin_again, lease
from shared.coach.turn.model_loop import ModelLoop, TurnStoppedError
from shared.coach.turn.queries import Ending, Question, Reservation, Status, TurnWork
from shared.coach.turn.receipt import receipt
from shared.database.client import Database
from shared.llm.answer import Bill
from shared.llm.embeddings import Embeddings
from shared.llm.errors import ModelError
from shared.platform.deadline import Deadline
from shared.platform.errors import ConflictError, DomainError, RateLimitedError
from shared.platform.observability import log_fault
from shared.platform.repetition import repeated
from shared.platform.text import JsonObject
from shared.quotas import rate_limit_headers
from shared.realtime.publishing import Change, forget, publish
from shared.realtime.push import Pusher
from shared.safety.answers import check_answer
from shared.safety.markup import strip_markup
from shared.safety.red_flags import RedFlag, find_red_flag

FAIL_SECONDS = 1.0  # that are left for ending a turn whose answer could not be stored
WRITE_SECONDS = 0.2  # that one call of the database needs
REFUSAL = "I cannot help with that."
WITHHELD = "I had an answer for you, but parts of it would not have been safe, so I am not giving it."


@dataclass(frozen=True)
class Sent:
    """What the API answers."""

    status: int
    body: SentMessage | BegunTurn
    headers: dict[str, str] = field(default_factory=dict)


def send(database: Database, question: Question, deadline: Deadline, *, respond_async: bool) -> Sent:
    """Run a turn, or begin it and leave the rest to another invocation. Raises DomainError.

    A message with a red flag in it is answered at once, whatever the client prefers.
    """
    if flag := find_red_flag(question.body.content):
        return _advise(database, question, flag, deadline)
    try:
        work = begin(database, question, deadline, hand_over=respond_async)
    except ConflictError as running:
        if turn_id := running.extra.get("turn_id"):  # whose answer to wait for
            running.headers["Location"] = _location(question.session_id, turn_id)
        raise
    if isinstance(work, SentMessage):
        return _replayed(work)
    if respond_async:
        background.answer_later(database, work, deadline)
        location = _location(question.session_id, work.turn.id)
        return Sent(202, BegunTurn(turn=work.turn), {"Location": location, "Preference-Applied": "respond-async"})
    background.title_later(work)
    sent = carry_out(database, work, deadline)
    return Sent(200, sent, rate_limit_headers(sent.usage))


def _location(session_id: UUID, turn_id: object) -> str:
    return f"/v1/chat/sessions/{session_id}/turns/{turn_id}"


def _replayed(answer: SentMessage) -> Sent:
    return Sent(200, answer, {"Idempotent-Replayed": "true"} | rate_limit_headers(answer.usage))


def run_task(task: background.BackgroundTask, deadline: Deadline) -> None:
    """Do what another invocation left, unless a second delivery of the same event finds it claimed or done.

    Never raises: Lambda would run it again, and a failed turn has ended.
    """
    database, worker_id = Database.as_service(), uuid4()
    try:
        if not task.title_only:
            work = repeated(
                lambda: queries.claim_turn(database, task.user_id, task.turn_id, worker_id, lease(deadline)),
                deadline,
                RESERVED_SECONDS,
            )
            if work is None:
                return
            carry_out(database, work, deadline)
            if not work.first:
                return
        titles.make_title(database, task.user_id, task.turn_id, deadline)
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
            flag.advice, code=refused.reason, retry_after=refused.retry_after, extra=refused.extra
        ) from None
    if isinstance(work, SentMessage):
        return _replayed(work)
    safety = {"red_flag": flag.id, "kind": flag.kind, "source": flag.source}
    with Pusher(work.stream, work.listeners) as pusher:
        pusher.events(work.events)
        advised = finish(database, work, Ending(flag.advice, {"citations": [], "safety": safety}), pusher, deadline)
    return Sent(200, advised, rate_limit_headers(advised.usage))


def carry_out(database: Database, work: TurnWork, deadline: Deadline) -> SentMessage:
    """Answer a begun turn: one more call to the database, and one per checkpoint or tool call in between.

    Raises UnavailableError (ModelError) after the turn was ended as failed and its reservation released.
    """
    with Pusher(work.stream, work.listeners) as pusher:
        pusher.events(work.events)
        loop = ModelLoop(database, work, deadline, pusher)
        try:
            return finish(database, work, answered(loop), pusher, deadline)
        except Exception as fault:
            _fail(loop, fault)
            raise


def answered(loop: ModelLoop) -> Ending:
    """Ask the model. The turn is then completed, or cancelled with what there was of an answer. Raises ModelError."""
    try:
        loop.run()
    except TurnStoppedError:
        return ending(loop, read_answer(loop.answer.text, loop.prompt.passages), "cancelled")
    # Where a second try came to nothing, there is the first, which was cut off.
    for answer in reversed([call.answer for call in loop.calls if not call.answer.calls]):
        coached = read_answer(answer.text, loop.prompt.passages)
        if coached.text:
            return ending(loop, replace(coached, truncated=answer.is_cut))
        if answer.is_refused:
            return ending(loop, CoachAnswer(strip_markup(answer.refusal).strip() or REFUSAL, []))
    raise ModelError(code="model_malformed")


def ending(loop: ModelLoop, coached: CoachAnswer, status: Status = "completed") -> Ending:
    """What is stored: an unsafe answer is not, and neither is what it proposed."""
    bill = loop.bill
    metadata: JsonObject = {"receipt": receipt(loop, bill)}
    if findings := check_answer(coached.text, loop.work.situation.athlete):
        text, actions = "\n\n".join([WITHHELD, *dict.fromkeys(finding.message for finding in findings)]), []
        metadata |= {"citations": [], "safety": {"withheld": [asdict(finding) for finding in findings]}}
    else:
        text, actions = coached.text, loop.proposals.proposed
        metadata |= {"citations": [citation.model_dump(mode="json") for citation in coached.citations]}
        metadata |= {"truncated": True} if coached.truncated else {}
    return Ending(text, metadata, actions, status, loop.answer.model.name, bill)


def finish(database: Database, work: TurnWork, end: Ending, pusher: Pusher, deadline: Deadline) -> SentMessage:
    """Store the answer, settle the quota, tell whoever listens. Raises DomainError."""
    finished = repeated(lambda: queries.finish_turn(database, work, end), deadline, FAIL_SECONDS)
    own = [event for event in finished.events if event["stream"] != work.stream]
    pusher.listen(finished.listeners)
    pusher.events([event for event in finished.events if event["stream"] == work.stream])
    publish(database, Change(events=own, listeners=[], user_listeners=finished.user_listeners))
    forget(database, pusher.gone)
    return finished.response


def _fail(loop: ModelLoop, fault: Exception) -> None:
    """End the turn as failed. The first fault is what the caller is told, whatever becomes of this."""
    code = fault.reason if isinstance(fault, DomainError) else "internal_error"
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
        came = [visible_text(call.answer.text, has_ended=True) for call in reversed(loop.calls)]
        partial = next((text for text in came if text.startswith(loop.shown.text)), loop.shown.text)
        return partial, loop.bill if loop.paid else Bill()  # nothing, where no model was paid
    except Exception as fault:  # noqa: BLE001 - the first fault is what is told
        log_fault("a failed turn could not be reckoned", fault)
        return loop.shown.text, Bill()
