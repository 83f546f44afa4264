"""Streams the model's answer to whoever watches, and stops when the turn was cancelled or its time is up."""

import time
from typing import Any

from shared.coach.citations import visible_text
from shared.coach.work import TurnWork
from shared.database.client import Database
from shared.llm.background import BackgroundStream
from shared.llm.chat import Answer, Message, stream_answer
from shared.llm.errors import ModelError
from shared.platform.deadline import Deadline
from shared.platform.errors import DomainError
from shared.platform.observability import log_fault
from shared.prompts import coach as prompts
from shared.realtime.push import Pusher

KEEP_FOR_FINISH = 5.0  # seconds that must be left when the model ends, for storing the answer
# Seconds between two looks at the database: a cancelled turn must stop within one second, and a short one needs none.
CHECKPOINT_INTERVAL = 0.7
PATIENCE = 0.1  # seconds without a piece of text, after which the clock is looked at again


class TurnStoppedError(Exception):
    """The turn was cancelled, or ended by somebody else."""


def stream_text(
    database: Database,
    work: TurnWork,
    messages: list[Message],
    answer: Answer,
    deadline: Deadline,
    pusher: Pusher,
    tools: list[dict[str, Any]],
) -> None:
    """Fill `answer`, pushing its visible text as it comes. Raises ModelError, TurnStoppedError."""
    shown = ""
    checkpoint_at = time.monotonic() + CHECKPOINT_INTERVAL
    pieces = stream_answer(
        answer,
        messages,
        schema=prompts.ANSWER_SCHEMA,
        max_tokens=prompts.ANSWER_TOKENS,
        deadline=deadline,
        keep=KEEP_FOR_FINISH,
        user_id=work.user_id,
        tools=tools,
    )
    with BackgroundStream(answer, pieces) as stream:
        running = True
        while running:
            running = stream.wait(PATIENCE)
            if running and deadline.remaining(KEEP_FOR_FINISH) <= 0:
                raise ModelError(code="model_timeout")
            text = visible_text(answer.text)
            pusher.delta(work.turn_id, text.removeprefix(shown))
            shown = text
            if running and time.monotonic() >= checkpoint_at:
                _checkpoint(database, work, text, pusher)
                checkpoint_at = time.monotonic() + CHECKPOINT_INTERVAL


def _checkpoint(database: Database, work: TurnWork, text: str, pusher: Pusher) -> None:
    """Keep what has come, learn who listens, and whether to go on. A database that does not answer stops nothing."""
    try:
        told = database.rpc(
            "checkpoint_turn", p_user_id=str(work.user_id), p_turn_id=work.turn_id, p_partial_content=text
        )
    except DomainError as fault:
        log_fault("a checkpoint was missed", fault)
        return
    if not told["proceed"]:
        raise TurnStoppedError
    pusher.listen(told["listeners"])
