"""From the letters of a page to its lines, cut where a column or a cell ends."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from shared.knowledge.formats.pdf_letters import Frame, Letter
from shared.knowledge.formats.raised_text import script
from shared.knowledge.formats.writing_direction import read_order

# In sizes of the letters.
SPACE = 0.18  # between two words
APART = 1.0  # between two cells, or columns
SAME_LINE = 0.25
SMALLER = 0.85  # raised and lowered letters


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a column, or what stands in one line of a cell."""

    text: str
    left: float
    right: float
    base: float
    size: float
    is_bold: bool = False


def lines_of(letters: Sequence[Letter]) -> list[list[Letter]]:
    """Letters of one base line, with those raised and lowered that stand close to them."""
    found: list[list[Letter]] = []
    for letter in sorted(letters, key=lambda each: -each.base):
        if found and found[-1][0].base - letter.base <= SAME_LINE * max(found[-1][0].size, letter.size) * (
            1 if abs(found[-1][0].size - letter.size) < 0.2 * letter.size else 0.4
        ):
            found[-1].append(letter)
        else:
            found.append([letter])
    for line in found:
        line.sort(key=lambda each: each.left)
    return _with_scripts(found)


def _with_scripts(lines: list[list[Letter]]) -> list[list[Letter]]:
    """Small letters go to the line beside which they are raised or lowered; the sign for it comes before them."""
    taken: set[int] = set()
    for index, small in enumerate(lines):
        for other in (index + 1, index - 1):
            if not 0 <= other < len(lines) or other in taken or index in taken:
                continue
            big = lines[other]
            size = statistics.median(each.size for each in big)
            if max(each.size for each in small) > SMALLER * size or abs(small[0].base - big[0].base) > 0.7 * size:
                continue
            if all(_stands_beside(group[0], big, size) for group in _groups(small)):
                raised = small[0].base > big[0].base
                for group in _groups(small):
                    text = "".join(each.text for each in group)
                    before = max((each for each in big if each.left <= group[0].left), key=lambda each: each.left)
                    shown = script(text, before.text, raised=raised)
                    big.append(Letter(shown, group[0].left, group[-1].right, big[0].base, size, group[0].is_bold))
                big.sort(key=lambda each: each.left)
                taken.add(index)
    return [line for index, line in enumerate(lines) if index not in taken]


def _groups(letters: list[Letter]) -> list[list[Letter]]:
    groups = [[letters[0]]]
    for before, letter in pairwise(letters):
        if letter.left - before.right > SPACE * letter.size * 2:
            groups.append([])
        groups[-1].append(letter)
    return groups


def _stands_beside(letter: Letter, line: list[Letter], size: float) -> bool:
    return any(-0.3 * size <= letter.left - each.right <= 0.35 * size for each in line if each.text.strip())


def pieces_of(letters: list[Letter], frame: Frame) -> Iterator[Line]:
    """A line, cut where there is much room or a line down between two words."""
    base = letters[0].base
    downs = sorted(at for at, low, high in frame.down if low <= base + 2 and high >= base + 2)
    words: list[Letter] = []
    spaced = False
    for letter in letters:
        if not letter.text.strip():
            spaced = True
            continue
        if words:
            last = words[-1]
            if letter.text == last.text and abs(letter.left - last.left) < 0.15 * letter.size:
                continue  # drawn twice, to look bold
            gap = letter.left - last.right
            ruled = any(last.right - 1 <= at <= letter.left + 1 for at in downs)
            if gap > APART * letter.size or (ruled and gap > 0):
                yield _line(words)
                words = []
            elif spaced or gap > SPACE * letter.size:
                words.append(Letter(" ", last.right, letter.left, base, letter.size, letter.is_bold))
        words.append(letter)
        spaced = False
    if words:
        yield _line(words)


def _line(letters: list[Letter]) -> Line:
    size = statistics.median(each.size for each in letters)
    text = read_order("".join(each.text for each in letters).strip())
    bold = sum(each.is_bold for each in letters) > 0.8 * len(letters)
    return Line(text, letters[0].left, letters[-1].right, letters[0].base, size, bold)
