"""Sentences of advice, and whether what stands in one is advised or warned of."""

import textwrap
from collections.abc import Iterator

from shared.safety.rulebook import pattern
from shared.safety.statements import statements
from shared.safety.words import fold

_MAX_LENGTH = 400  # characters
Place = tuple[int, int]  # first character of a text, and one past the last


def clauses(text: str) -> Iterator[str]:
    """The sentences of a text, folded; one of more than 400 characters in parts, so that the work stays linear."""
    return (clause for clause, _ in placed_clauses(text))


def placed_clauses(text: str) -> Iterator[tuple[str, Place]]:
    """Each with the place in the text of the sentence that it is, or is a part of."""
    for start, end in statements(text):
        folded = " ".join(fold(text[start:end]).split())
        if len(folded) <= _MAX_LENGTH:
            yield folded, (start, end)
        else:
            for part in textwrap.wrap(folded, _MAX_LENGTH, break_on_hyphens=False):
                yield part, (start, end)


def warned(sentence: str, start: int, end: int) -> bool:
    """Whether the words from `start` to `end` are warned of, not advised."""
    before = sentence[max(0, start - 120) : start]
    turned = max((turn.end() for turn in pattern("turn").finditer(before)), default=0)
    return bool(pattern("warning").search(before, turned) or pattern("warning_after").search(sentence[end : end + 140]))


def forbidden(sentence: str, start: int, end: int) -> bool:
    """Whether an amount from `start` to `end` is warned of; "up to" and "under" only bound it, which advises it."""
    before = pattern("upper_limit").sub("", sentence[:start])
    return warned(before + sentence[start:], len(before), len(before) + end - start)


def wants_weight_loss(text: str) -> bool:
    return bool(pattern("weight_loss").search(fold(text)))
