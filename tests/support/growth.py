"""How work grows with a text, whatever else the machine does."""

import time
from collections.abc import Callable

TIMES = 4  # as much; quadratic work takes 16 times as long
LINEAR = 2.5 * TIMES  # what is no more than linear stays below
NOISE = 0.02  # seconds: below that, a ratio says nothing


def growth(work: Callable[[int], object], size: int) -> float:
    """How many times as long it takes for `TIMES` the size: of the processor, the better of two, never of the same."""
    return _least(work, TIMES * size) / max(NOISE, _least(work, size))


def _least(work: Callable[[int], object], size: int) -> float:
    return min(_taken(work, size + more) for more in range(2))


def _taken(work: Callable[[int], object], size: int) -> float:
    begun = time.process_time()
    work(size)
    return time.process_time() - begun
