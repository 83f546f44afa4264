"""Words that were recognized in the picture of a page, as letters of a frame, so that they are laid out as any are."""

import math
import statistics
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from shared.knowledge.formats.pdf_letters import Frame, Letter
from shared.knowledge.formats.writing_direction import read_order
from shared.knowledge.ocr.words import Word, lines_of

SAME_SIZE = 0.35  # by which lines of one size differ, with and without letters that are tall
LETTERS = 1.05  # of the height of a line is the size of its letters: from the top of a b to the foot of a p


def frame_of(words: Sequence[Word], width: float, height: float) -> Frame:
    """The words of a page of this size in points, turned so that they are upright, each as it stands on the page."""
    lines = [[_box(word, width, height) for word in line] for line in lines_of(words)]
    turn = _direction(lines, is_from_right=_is_from_right(words))
    upright = [[_turned(box, turn) for box in line] for line in lines]
    usual = statistics.median(_height(line) for line in upright)
    letters: list[Letter] = []
    for line in upright:
        size = _height(line)
        size = (usual if abs(size - usual) < SAME_SIZE * usual else size) * LETTERS
        base = min(box.bottom for box in line)
        for box in line:
            letters.append(Letter(read_order(box.text), box.left, box.right, base, size, is_bold=False))
            letters.append(Letter(" ", box.right, box.right, base, size, is_bold=False))
    return Frame(letters)


class _Box(NamedTuple):
    """In points, from the left and from the bottom."""

    text: str
    left: float
    bottom: float
    right: float
    top: float


def _box(word: Word, width: float, height: float) -> _Box:
    left, right = word.left * width, word.right * width
    return _Box(word.text, left, (1 - word.bottom) * height, right, (1 - word.top) * height)


def _height(line: Sequence[_Box]) -> float:
    return max(max(box.top for box in line) - min(box.bottom for box in line), 0.1)


def _direction(lines: Sequence[Sequence[_Box]], *, is_from_right: bool) -> int:
    """Degrees against the clock by which most lines are turned: the way from their first to their last words."""
    votes = Counter[int]()
    for line in lines:
        first, last = line[0], line[-1]
        x, y = last.left + last.right - first.left - first.right, last.bottom + last.top - first.bottom - first.top
        if is_from_right:
            x, y = -x, -y
        votes[round(math.degrees(math.atan2(y, x)) / 90) * 90 % 360] += round(math.hypot(x, y))
    return votes.most_common(1)[0][0]


def _is_from_right(words: Iterable[Word]) -> bool:
    kinds = Counter(unicodedata.bidirectional(letter) for word in words for letter in word.text)
    return kinds["R"] + kinds["AL"] > kinds["L"]


def _turned(box: _Box, degrees: int) -> _Box:
    corners = (_point(box.left, box.bottom, degrees), _point(box.right, box.top, degrees))
    (left, right), (bottom, top) = sorted(corner[0] for corner in corners), sorted(corner[1] for corner in corners)
    return _Box(box.text, left, bottom, right, top)


def _point(x: float, y: float, degrees: int) -> tuple[float, float]:
    return {0: (x, y), 90: (y, -x), 180: (-x, -y), 270: (-y, x)}[degrees]
