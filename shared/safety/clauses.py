"""Sentences of advice, and whether what stands in one is advised or warned of."""

import re
import textwrap
from collections.abc import Iterator

from shared.safety.rulebook import pattern
from shared.safety.words import fold

_SENTENCE_END = re.compile(r"(?<=[!?;])\s+|(?<=\.)\s+(?!\d)|\n+")
_MAX_LENGTH = 400  # characters


def clauses(text: str) -> Iterator[str]:
    """The sentences of a text, folded; one of more than 400 characters in parts, so that the work stays linear."""
    for sentence in _SENTENCE_END.split(fold(text)):
        yield from textwrap.wrap(sentence, _MAX_LENGTH, break_on_hyphens=False)


def warned(sentence: str, start: int, end: int) -> bool:
    """Whether the words from `start` to `end` are warned of, not advised."""
    before = sentence[max(0, start - 120) : start]
    turned = max((turn.end() for turn in pattern("turn").finditer(before)), default=0)
    return bool(pattern("warning").search(before, turned) or pattern("warning_after").search(sentence[end : end + 140]))


def wants_weight_loss(text: str) -> bool:
    return bool(pattern("weight_loss").search(fold(text)))
