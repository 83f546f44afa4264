"""From the letters of a page to its lines, cut where a column or a cell ends."""

import bisect
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from shared.knowledge.formats.pdf_letters import Frame, Letter
from shared.knowledge.formats.raised_text import script
from shared.knowledge.formats.writing_direction import read_order

# In sizes of the letters.
SPACE = 0.18  # between two words
APART = 1.0  # between two cells, or columns
SAME_LINE = 0.25
STRUCK = (0.15, 0.5)  # above the foot of the letters
MOST_STRUCK = 50  # pieces of a line
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
    scripts: dict[int, bool] = {}  # whether they are raised, by the identities of letters
    for index, small in enumerate(lines):
        for other in _around(index):
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
                    big.append(Letter(text, group[0].left, group[-1].right, big[0].base, size, group[0].is_bold))
                    scripts[id(big[-1])] = raised
                big.sort(key=lambda each: each.left)
                taken.add(index)
    return [_typed(line, scripts) for index, line in enumerate(lines) if index not in taken]


def _typed(line: list[Letter], scripts: dict[int, bool]) -> list[Letter]:
    """With the signs for raised and lowered letters; of digits one above the other a fraction."""
    typed: list[Letter] = []
    last: Letter | None = None  # that is raised or lowered
    for letter in line:
        raised = scripts.get(id(letter))
        text = letter.text
        if raised is None:
            last = None
            is_below = letter.size <= SMALLER * typed[-2].size if len(typed) > 1 else False
            if is_below and typed[-1].text in ("/", "\u2044") and typed[-2].text[:1] == "^":
                text = f"_{text}"  # small, on the line itself
        elif last is not None and raised != scripts[id(last)] and _are_fraction(last, letter):
            top, bottom = (letter, last) if raised else (last, letter)
            typed.pop()
            is_after_digit = bool(typed) and typed[-1].text[-1:].isdigit()
            text = f"{' ' if is_after_digit else ''}{top.text}/{bottom.text}"
            last = None
        else:
            text = script(text, typed[-1].text if typed else "", raised=raised)
            last = letter
        typed.append(letter if text == letter.text else replace(letter, text=text))
    return typed


def _are_fraction(one: Letter, other: Letter) -> bool:
    width = min(one.right - one.left, other.right - other.left)
    is_above = min(one.right, other.right) - max(one.left, other.left) > 0.5 * width
    return is_above and one.text.isdigit() and other.text.isdigit()


def _around(index: int) -> Iterator[int]:
    """The lines next to one: the parts of fractions and powers stand at several heights."""
    for step in range(1, 4):
        yield from (index + step, index - step)


def unstruck(lines: list[list[Letter]], frame: Frame) -> list[list[Letter]]:
    """Without letters through which a line is drawn that is as long as they are."""
    rules = sorted(frame.across)
    for line in lines if rules else ():
        base, size = line[0].base, max(each.size for each in line)
        first, last = (bisect.bisect(rules, (base + share * size,)) for share in STRUCK)
        for _, begin, end in rules[first : min(last, first + MOST_STRUCK)]:
            struck = [each for each in line if begin < (each.left + each.right) / 2 < end]
            room = size * 0.6
            if struck and begin > struck[0].left - room and end < struck[-1].right + room:
                gone = set(map(id, struck))
                line[:] = [each for each in line if id(each) not in gone]
    return [line for line in lines if line]


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
