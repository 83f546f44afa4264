"""A chat turn from its question to its end: sent, begun, carried out, finished."""

from dataclasses import asdict, dataclass, field, replace

from shared.coach import titles
from shared.coach.schemas import BegunTurn, SentMessage
from shared.coach.turn import background, queries
from shared.coach.turn.answer import CoachAnswer, read_answer, visible_text
from shared.coach.turn.model_loop import ModelLoop, TurnStoppedError
from shared.coach.turn.prompt import max_turn_tokens
from shared.coach.turn.queries import Ending, Question, Reservation, Status, TurnWork
from shared.coach.turn.receipt import receipt
from shared.database.client import Database
from shared.llm import embeddings
from shared.llm.answer import Bill
from shared.llm.catalogue import FREE, cost
from shared.llm.embeddings import Embeddings
from shared.llm.errors import ModelError
from shared.llm.providers import candidates
from shared.llm.request import Request
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.errors import DomainError, UnavailableError
from shared.platform.observability import log_fault
from shared.platform.text import JsonObject
from shared.quotas import rate_limit_headers
from shared.realtime.publishing import Change, forget, publish
from shared.realtime.push import Pusher
from shared.safety.answers import check_answer
from shared.safety.red_flags import RedFlag, find_red_flag

RESERVED_SECONDS = 10.0  # that must be left for the model when the question is embedded: a short answer takes as long
LEASE_MARGIN = 15.0  # seconds after the end of a worker's time from which it counts as dead
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
        advised = _advise(database, question, flag, deadline)
        return Sent(200, advised, rate_limit_headers(advised.usage))
    work = begin(database, question, deadline)
    if isinstance(work, SentMessage):
        return Sent(200, work, {"Idempotent-Replayed": "true"} | rate_limit_headers(work.usage))
    if respond_async:
        background.answer_later(database, work)
        location = f"/v1/chat/sessions/{work.turn.session_id}/turns/{work.turn.id}"
        return Sent(202, BegunTurn(turn=work.turn), {"Location": location, "Preference-Applied": "respond-async"})
    background.title_later(work)
    sent = carry_out(database, work, deadline)
    return Sent(200, sent, rate_limit_headers(sent.usage))


def run_task(task: background.BackgroundTask, deadline: Deadline) -> None:
    """Do what another invocation left. Never raises: Lambda would run it again, and a failed turn has ended."""
    database = Database.as_service()
    try:
        if not task.title_only:
            carry_out(database, task.work, deadline)
        if task.work.first:
            titles.make_title(database, task.work, deadline)
    except DomainError as fault:
        log_fault("work in the background failed", fault)


def _advise(database: Database, question: Question, flag: RedFlag, deadline: Deadline) -> SentMessage:
    """Fixed words instead of a model. They cost nothing, so that no limit keeps the advice from anybody."""
    nothing = Embeddings([], "", 0)
    work = queries.begin_turn(database, question, nothing, Reservation(is_free=True), _lease(deadline))
    if isinstance(work, SentMessage):
        return work
    safety = {"red_flag": flag.id, "kind": flag.kind, "source": flag.source}
    with Pusher(work.stream, work.listeners) as pusher:
        pusher.events(work.events)
        return finish(database, work, Ending(flag.advice, {"citations": [], "safety": safety}), pusher)


def begin(database: Database, question: Question, deadline: Deadline) -> TurnWork | SentMessage:
    """Begin a turn, or return the stored answer to an earlier request with the same Idempotency-Key.

    Nothing is paid for before the database has said that a turn can begin. Raises ModelError, and what begin_turn does.
    """
    reservation = max_use(question)
    checked = queries.check_turn(database, question, reservation)
    if checked.replayed:
        return checked.replayed
    model = checked.serving_model or settings.load(settings.ModelSettings).embedding_model
    embedded = embeddings.embed([question.body.content], deadline, keep=RESERVED_SECONDS, model=model)
    total = Reservation(reservation.tokens + embedded.tokens, reservation.cost + cost(embedded.model, embedded.tokens))
    return queries.begin_turn(database, question, embedded, total, _lease(deadline))


def max_use(question: Question) -> Reservation:
    """The most that the models' part can use, whichever of them answers in the end: the dearest."""
    models = candidates("coach")
    request = Request((), settings.load(settings.ModelSettings).answer_tokens, question.user_id)
    budget = max_turn_tokens(question.body.content, max(model.most_tokens(request) for model in models))
    costs = [cost(model.name, budget.prompt, budget.answers) for model in models]
    return Reservation(budget.prompt + budget.answers, max(costs, key=lambda each: each.dollars, default=FREE))


def _lease(deadline: Deadline) -> float:
    return deadline.remaining() + LEASE_MARGIN


def carry_out(database: Database, work: TurnWork, deadline: Deadline) -> SentMessage:
    """Answer a begun turn: one more call to the database, and one per checkpoint or tool call in between.

    Raises UnavailableError (ModelError) after the turn was ended as failed and its reservation released.
    """
    with Pusher(work.stream, work.listeners) as pusher:
        pusher.events(work.events)
        loop = ModelLoop(database, work, deadline, pusher)
        try:
            return finish(database, work, answered(loop), pusher)
        except Exception as fault:
            _fail(database, loop, fault, pusher)
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
            return ending(loop, CoachAnswer(answer.refusal or REFUSAL, []))
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


def finish(database: Database, work: TurnWork, end: Ending, pusher: Pusher) -> SentMessage:
    """Store the answer, settle the quota, tell whoever listens. Raises DomainError."""
    try:
        finished = queries.finish_turn(database, work, end)
    except UnavailableError:  # once more when the database did not answer, as that is safe
        finished = queries.finish_turn(database, work, end)
    own = [event for event in finished.events if event["stream"] != work.stream]
    pusher.listen(finished.listeners)
    pusher.events([event for event in finished.events if event["stream"] == work.stream])
    publish(database, Change(events=own, listeners=[], user_listeners=finished.user_listeners))
    forget(database, pusher.gone)
    return finished.response


def _fail(database: Database, loop: ModelLoop, fault: Exception, pusher: Pusher) -> None:
    """End the turn as failed. The first fault is what the caller is told, whatever becomes of this."""
    code = fault.reason if isinstance(fault, DomainError) else "internal_error"
    try:
        partial, bill = _left_of(loop)
        pusher.events(queries.fail_turn(database, loop.work, code, partial, bill).events)
    except DomainError as second:
        log_fault("a failed turn could not be ended; the sweep will", second)


def _left_of(loop: ModelLoop) -> tuple[str, Bill]:
    """What the user has seen of the answer, and what was used; a fault in reckoning keeps no turn from its end."""
    try:
        partial = loop.shown.text or (visible_text(loop.answer.text) if loop.calls else "")
        return partial, loop.bill if loop.paid else Bill()  # nothing, where no model was paid
    except Exception as fault:  # noqa: BLE001 - the first fault is what is told
        log_fault("a failed turn could not be reckoned", fault)
        return loop.shown.text, Bill()
