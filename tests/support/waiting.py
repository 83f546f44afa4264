"""Waits for conditions, so that no test sleeps."""

import time
from collections.abc import Callable
from typing import TypeVar

WITHIN = 60.0  # seconds that a condition is waited for; a busy machine takes a while
T = TypeVar("T")


def eventually(condition: Callable[[], T], within: float = WITHIN) -> T:
    """The first true value of a condition. Raises TimeoutError when there is none in these seconds."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.02)
    raise TimeoutError
