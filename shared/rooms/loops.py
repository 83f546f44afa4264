"""Notices an agent that goes in circles, from what it called and what came of that."""

from collections.abc import Sequence
from dataclasses import dataclass

SAME = 3  # times the same call, in a row or not
FRUITLESS = 5  # calls in a row whose results were all known already


@dataclass(frozen=True)
class Done:
    """One call: the tool with its arguments, and what came of it. Either may be a digest."""

    call: str
    result: str


def is_stuck(done: Sequence[Done]) -> bool:
    """Whether the newest of these calls shows a loop: three times the same, A-B-A-B, or five without news."""
    return _same(done) or _alternating(done) or _fruitless(done)


def _same(done: Sequence[Done]) -> bool:
    """The same call with the same result: to look again at what has changed since is no loop."""
    return bool(done) and done.count(done[-1]) >= SAME


def _alternating(done: Sequence[Done]) -> bool:
    last = [each.call for each in done[-4:]]
    return len(last) == 4 and last[:2] == last[2:] and last[0] != last[1]


def _fruitless(done: Sequence[Done]) -> bool:
    if len(done) <= FRUITLESS:
        return False
    known = {each.result for each in done[:-FRUITLESS]}
    return all(each.result in known for each in done[-FRUITLESS:])
