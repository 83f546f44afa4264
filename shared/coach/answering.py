"""Streams the model's answer to whoever watches, and stops when the turn was cancelled or its time is up."""

import time
from dataclasses import dataclass

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


@dataclass
class Shown:
    """What the user has read of the answer. A second try stays unseen until it is whole, and then replaces that."""

    text: str = ""
    is_kept: bool = False

    def take(self, text: str) -> str:
        """The visible text so far; returns what is new to the user."""
        if self.is_kept or not text.startswith(self.text):
            return ""
        new, self.text = text.removeprefix(self.text), text
        return new


def stream_text(database: Database, work: TurnWork, call: ModelCall, pusher: Pusher, shown: Shown) -> None:
    """Carry a call out, pushing its visible text as it comes. Raises ModelError, TurnStoppedError."""
    checkpoint_at = time.monotonic() + CHECKPOINT_INTERVAL
    with BackgroundStream(call) as stream:
        running = True
        while running:
            running = stream.wait(PATIENCE)
            if running and call.deadline.remaining(call.keep) <= 0:
                raise ModelError(code="model_timeout")
            if new := shown.take(visible_text(call.answer.text)):
                call.shown = True
                pusher.delta(work.turn_id, new)
            if running and time.monotonic() >= checkpoint_at:
                _checkpoint(database, work, shown.text, pusher)
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
