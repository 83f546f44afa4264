"""What was recognized of a page, and how far it is to be trusted."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

UNSURE = 70.0  # percent; words below it are wrong about every other time
MAX_UNSURE = 0.1  # of a page's words
NOISE = 40.0  # percent, of a line on average: the grain of a photo


class Word(NamedTuple):
    """Its box in parts of the picture's width and height, from the left and from the top; confidence in percent."""

    text: str
    line: int
    left: float
    top: float
    right: float
    bottom: float
    confidence: float


Pages = Mapping[int, Sequence[Word]]  # by their numbers, from 1
NOTHING_RECOGNIZED: Pages = MappingProxyType({})


def lines_of(words: Iterable[Word]) -> list[list[Word]]:
    """The words line by line, each in the order of reading."""
    lines: dict[int, list[Word]] = defaultdict(list)
    for word in words:
        lines[word.line].append(word)
    return list(lines.values())


def without_noise(words: Iterable[Word]) -> list[Word]:
    """The words of those lines that are more likely read than guessed."""
    lines = lines_of(word for word in words if word.text.strip())
    return [word for line in lines if sum(each.confidence for each in line) >= NOISE * len(line) for word in line]


def is_unsure(words: Sequence[Word]) -> bool:
    """Whether so many words of a page may be wrong that it should be looked at."""
    return sum(word.confidence < UNSURE for word in words) > MAX_UNSURE * len(words)
