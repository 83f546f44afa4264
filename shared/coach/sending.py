"""Sends a message: at once, or in the background for a client that prefers not to wait."""

from dataclasses import dataclass, field

from shared.coach import background, turn, urgent
from shared.coach.messages import BegunTurn, SentMessage
from shared.coach.messages import Turn as TurnShown
from shared.coach.opening import Question, open_turn
from shared.database.client import Database
from shared.platform.deadline import Deadline
from shared.quotas import rate_limit_headers
from shared.safety.red_flags import find_red_flag


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
        advised = urgent.advise(database, question, flag, deadline)
        return Sent(200, advised, rate_limit_headers(advised.usage))
    work = open_turn(database, question, deadline)
    if isinstance(work, SentMessage):
        return Sent(200, work, {"Idempotent-Replayed": "true"} | rate_limit_headers(work.usage))
    if respond_async:
        background.answer_later(database, work)
        begun = BegunTurn(turn=TurnShown.model_validate(work.turn))
        location = f"/v1/chat/sessions/{work.session_id}/turns/{work.turn_id}"
        return Sent(202, begun, {"Location": location, "Preference-Applied": "respond-async"})
    background.title_later(work)
    answered = turn.carry_out(database, work, deadline)
    return Sent(200, answered, rate_limit_headers(answered.usage))
