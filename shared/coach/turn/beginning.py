"""The beginning of a turn: what it may use at most, its question as a vector, and its row."""

from shared.coach.schemas import SentMessage
from shared.coach.turn import queries
from shared.coach.turn.prompt import max_turn_tokens
from shared.coach.turn.queries import Question, Reservation, TurnWork
from shared.database.client import Database
from shared.llm import embeddings
from shared.llm.catalogue import FREE, cost
from shared.llm.embeddings import Embeddings
from shared.llm.providers import candidates
from shared.llm.request import Request
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.repetition import repeated

RESERVED_SECONDS = 10.0  # that must be left for the model when the question is embedded: a short answer takes as long
LEASE_MARGIN = 15.0  # seconds after the end of a worker's time from which it counts as dead
PAUSES = (0.2, 0.5)  # seconds before it is tried again; the user waits, and may ask again


def begin(
    database: Database, question: Question, deadline: Deadline, *, hand_over: bool = False
) -> TurnWork | SentMessage:
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
    return begin_again(database, question, embedded, total, deadline, hand_over=hand_over)


def begin_again(
    database: Database,
    question: Question,
    embedded: Embeddings,
    reservation: Reservation,
    deadline: Deadline,
    *,
    hand_over: bool = False,
) -> TurnWork | SentMessage:
    """Begin a turn, also where the first answer is lost: one that nobody knows of locks its session for a minute."""
    return repeated(
        lambda: queries.begin_turn(database, question, embedded, reservation, lease(deadline), hand_over=hand_over),
        deadline,
        RESERVED_SECONDS,
        PAUSES,
    )


def max_use(question: Question) -> Reservation:
    """The most that the models' part can use, whichever of them answers in the end: the dearest."""
    models = candidates("coach")
    request = Request((), settings.load(settings.ModelSettings).answer_tokens, question.user_id)
    budget = max_turn_tokens(question.body.content, max(model.most_tokens(request) for model in models))
    costs = [cost(model.name, budget.prompt, budget.answers) for model in models]
    return Reservation(budget.prompt + budget.answers, max(costs, key=lambda each: each.dollars, default=FREE))


def lease(deadline: Deadline) -> float:
    """Seconds after which whoever has this deadline counts as dead."""
    return deadline.remaining() + LEASE_MARGIN
