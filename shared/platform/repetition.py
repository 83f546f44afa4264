"""Asks a service again that could not answer, for calls that are safe to repeat."""

import random
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from shared.platform.deadline import Deadline
from shared.platform.errors import UnavailableError

# Seconds: a dropped connection is there again at once, an edge or a pooler that restarts within seconds. The first five
# tries take less than four.
PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
T = TypeVar("T")


def repeated(call: Callable[[], T], deadline: Deadline, keep: float = 0.0, pauses: Sequence[float] = PAUSES) -> T:
    """The result of a call, tried again after each of these pauses, as long as `keep` seconds are left behind it.

    The pauses have jitter, so that all who met the same fault do not come back at the same moment. Raises what the call
    raised last.
    """
    for pause in pauses:
        try:
            return call()
        except UnavailableError:
            seconds = pause * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
            if deadline.remaining(keep) <= seconds:
                raise
            time.sleep(seconds)
    return call()
