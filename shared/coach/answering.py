"""Streams the model's answer to whoever watches, and stops when the turn was cancelled or its time is up."""

import time

from shared.coach.citations import visible_text
from shared.coach.work import TurnWork
from shared.database.client import Database
from shared.llm.background import BackgroundStream
from shared.llm.call import PATIENCE, ModelCall
from shared.llm.errors import ModelError
from shared.platform.errors import DomainError
from shared.platform.observability import log_fault
from shared.realtime.push import Pusher

KEEP_FOR_FINISH = 5.0  # seconds that must be left when the model ends, for storing the answer
# Seconds between two looks at the database: a cancelled turn must stop within one second, and a short one needs none.
CHECKPOINT_INTERVAL = 0.7


class TurnStoppedError(Exception):
    """The turn was cancelled, or ended by somebody else."""


def stream_text(database: Database, work: TurnWork, call: ModelCall, pusher: Pusher, *, seen: str) -> str:
    """Carry a call out, pushing its visible text as it comes; returns what is shown.

    `seen` is what an earlier call has shown already: a second try replaces that when it is whole.
    Raises ModelError, TurnStoppedError.
    """
    shown, again = "", bool(seen)
    checkpoint_at = time.monotonic() + CHECKPOINT_INTERVAL
    with BackgroundStream(call) as stream:
        running = True
        while running:
            running = stream.wait(PATIENCE)
            if running and call.deadline.remaining(call.keep) <= 0:
                raise ModelError(code="model_timeout")
            text = visible_text(call.answer.text)
            if not again and text != shown and text.startswith(shown):
                call.shown = True
                pusher.delta(work.turn_id, text.removeprefix(shown))
                shown = text
            if running and time.monotonic() >= checkpoint_at:
                _checkpoint(database, work, seen or shown, pusher)
                checkpoint_at = time.monotonic() + CHECKPOINT_INTERVAL
    return seen or shown


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
