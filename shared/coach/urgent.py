"""Answers a message with a red flag in it: at once, in fixed words, without a model."""

from shared.coach.finishing import Ending, finish
from shared.coach.messages import SentMessage
from shared.coach.opening import Question, open_free_turn
from shared.database.client import Database
from shared.platform.deadline import Deadline
from shared.realtime.push import Pusher
from shared.safety.red_flags import RedFlag


def advise(database: Database, question: Question, flag: RedFlag, deadline: Deadline) -> SentMessage:
    """Costs nothing, so that no limit keeps the advice from anybody. Raises what opening a turn raises."""
    work = open_free_turn(database, question, deadline)
    if isinstance(work, SentMessage):
        return work
    metadata = {
        "citations": [],
        "safety": {"red_flag": flag.id, "kind": flag.kind, "source": flag.source},
    }
    with Pusher(work.stream, work.listeners) as pusher:
        pusher.events(work.events)
        return finish(database, work, Ending(flag.advice, metadata), pusher)
