"""The beginning of a turn: what it may use at most, its question as a vector, and its row."""

from shared.coach.schemas import SentMessage
from shared.coach.turn import history, queries
from shared.coach.turn.prompt import max_turn_tokens
from shared.coach.turn.work import Question, Reservation, TurnWork, Use
from shared.database.client import Database
from shared.knowledge.questions import needs_passages, searched
from shared.llm import embeddings
from shared.llm.catalogue import FREE, cost
from shared.llm.embeddings import Embeddings
from shared.llm.moderation import Moderation
from shared.llm.providers import candidates, coach_models
from shared.llm.request import Request
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.repetition import repeated

RESERVED_SECONDS = 10.0  # that must be left for the model when the question is embedded: a short answer takes as long
LEASE_MARGIN = 15.0  # seconds after the end of a worker's time from which it counts as dead
PAUSES = (0.2, 0.5)  # seconds before it is tried again; the user waits, and may ask again


def begin(
    database: Database, question: Question, deadline: Deadline, moderation: Moderation, *, hand_over: bool = False
) -> TurnWork | SentMessage:
    """Begin a turn, or return the stored answer to an earlier request with the same Idempotency-Key.

    Nobody is asked, or paid, before the database has said that a turn can begin: a question that is searched for is
    checked first. Then the moderation has it, while it is embedded. Raises ModelError, and what begin_turn does.
    """
    reservation = max_use(question)
    if not needs_passages(question.body.content):
        nothing = Embeddings([], settings.load(settings.ModelSettings).embedding_model, 0)
        return begin_again(database, question, nothing, reservation, deadline, hand_over=hand_over)
    checked = queries.check_turn(database, question, reservation)
    if checked.replayed:
        return checked.replayed
    if not hand_over:
        moderation.ask(question.body.content, coach_models(), deadline, RESERVED_SECONDS)
    model = checked.serving_model or settings.load(settings.ModelSettings).embedding_model
    wanted = searched(question.body.content, checked.questions_before)
    embedded = embeddings.embed(wanted, deadline, keep=RESERVED_SECONDS, model=model)
    total = reservation.with_more(Use(embedded.tokens, cost(embedded.model, embedded.tokens)))
    context = wanted[1] if len(wanted) > 1 else None
    return begin_again(database, question, embedded, total, deadline, context=context, hand_over=hand_over)


def begin_again(
    database: Database,
    question: Question,
    embedded: Embeddings,
    reservation: Reservation,
    deadline: Deadline,
    *,
    context: str | None = None,
    hand_over: bool = False,
) -> TurnWork | SentMessage:
    """Begin a turn, also where the first answer is lost: one that nobody knows of locks its session for a minute."""
    return repeated(
        lambda: queries.begin_turn(
            database, question, embedded, reservation, lease(deadline), context=context, hand_over=hand_over
        ),
        deadline,
        RESERVED_SECONDS,
        PAUSES,
    )


def max_use(question: Question) -> Reservation:
    """The most that the models' part can use, whichever of them answers in the end: the dearest."""
    models = candidates("coach")
    request = Request((), settings.load(settings.ModelSettings).answer_tokens, question.user_id)
    most = max(model.most_tokens(request) for model in models)

    def use(history_tokens: int) -> Use:
        budget = max_turn_tokens(question.body.content, most, history_tokens)
        costs = [cost(model.name, budget.prompt, budget.answers) for model in models]
        return Use(budget.prompt + budget.answers, max(costs, key=lambda each: each.dollars, default=FREE))

    return Reservation(use(0), use(history.token_budget()), history.token_budget())


def lease(deadline: Deadline) -> float:
    """Seconds after which whoever has this deadline counts as dead."""
    return deadline.remaining() + LEASE_MARGIN
