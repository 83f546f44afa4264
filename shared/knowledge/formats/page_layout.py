"""From the lines of a page to its columns and tables, in the order that they are read in."""

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from shared.knowledge.formats.pdf_letters import Frame
from shared.knowledge.formats.pdf_lines import Line, lines_of, pieces_of, unstruck

# In sizes of the letters.
GUTTER = 0.7  # between two columns, over many lines
MAX_DEPTH = 4  # of columns in columns
COLUMN_FILLED = 0.55  # of its width, by the lines of a text; cells are shorter
WORDS_OF_A_LINE = 4


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of a table, with the place of its first line."""

    rows: list[list[str]]
    base: float
    size: float


Row = list[Line]


def arranged(frame: Frame) -> list[Line | Grid]:
    """What is on a page in one direction, in the order of reading."""
    pieces = [piece for line in unstruck(lines_of(frame.letters), frame) for piece in pieces_of(line, frame)]
    return list(_region(pieces, frame, 0))


def _rows(pieces: Sequence[Line]) -> list[Row]:
    """Pieces that stand beside each other, from above."""
    rows: list[Row] = []
    for piece in sorted(pieces, key=lambda each: -each.base):
        if rows and rows[-1][0].base - piece.base < 0.6 * max(rows[-1][0].size, piece.size):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    for row in rows:
        row.sort(key=lambda each: each.left)
    return rows


def _region(pieces: Sequence[Line], frame: Frame, depth: int) -> Iterator[Line | Grid]:
    rows = _rows(pieces)
    at = 0
    while at < len(rows):
        end = _band(rows, at) if depth < MAX_DEPTH else at
        if end - at < 2:
            yield from rows[at]
            at += 1
            continue
        yield from _shaped(rows[at:end], frame, depth)
        at = end


def _band(rows: list[Row], begin: int) -> int:
    """Where the rows end that leave the same room between their pieces, from one with several on."""
    if len(rows[begin]) < 2:
        return begin
    gaps = _gaps(rows[begin])
    end = begin + 1
    while end < len(rows) and gaps:
        row, before = rows[end], rows[end - 1]
        free = [gap for gap in gaps if not any(piece.left < gap[1] and piece.right > gap[0] for piece in row)]
        narrowed = _narrowed(gaps, row)
        if not narrowed or (len(row) == 1 and len(free) < len(gaps) and len(narrowed) < len(gaps)):
            break
        if before[0].base - row[0].base > 3.2 * max(before[0].size, row[0].size):
            break
        gaps = narrowed if len(row) > 1 or len(free) == len(gaps) else gaps
        end += 1
    while end > begin and len(rows[end - 1]) == 1 and rows[end - 1][0].right - rows[end - 1][0].left < 1:
        end -= 1
    return end


def _gaps(row: Row) -> list[tuple[float, float]]:
    return [(left.right, right.left) for left, right in pairwise(row)]


def _narrowed(gaps: list[tuple[float, float]], row: Row) -> list[tuple[float, float]]:
    """What of each gap a row leaves free, where that is still one."""
    size = max(piece.size for piece in row)
    kept = []
    for gap in gaps:
        begin, end = gap
        for piece in row:
            if piece.left <= begin < piece.right:
                begin = piece.right
            elif begin < piece.left < end:
                end = piece.left
        if end - begin >= GUTTER * size * 0.5:
            kept.append((begin, end))
    return kept


def _columns(rows: list[Row]) -> list[tuple[float, float]]:
    """The ranges in which nearly all pieces are; a few may reach over the room between two."""
    size = statistics.median(piece.size for row in rows for piece in row)
    several = [row for row in rows if len(row) > 1]
    edges = sorted({piece.left for row in several for piece in row} | {piece.right for row in several for piece in row})
    most = len(several) // 5
    columns: list[tuple[float, float]] = []
    for left, right in pairwise(edges):
        middle = (left + right) / 2
        filled = sum(any(piece.left < middle < piece.right for piece in row) for row in several) > most
        if filled and columns and (left - columns[-1][1] < GUTTER * size * 0.5):
            columns[-1] = (columns[-1][0], right)
        elif filled:
            columns.append((left, right))
    return columns


def _shaped(rows: list[Row], frame: Frame, depth: int) -> Iterator[Line | Grid]:
    columns = _columns(rows)
    if len(columns) < 2:
        for row in rows:
            yield from row
    elif _is_prose(rows, columns) and not _is_ruled(rows, frame):
        borders = [(left[1] + right[0]) / 2 for left, right in pairwise(columns)]
        for low, high in zip([float("-inf"), *borders], [*borders, float("inf")], strict=True):
            inside = [piece for row in rows for piece in row if low <= (piece.left + piece.right) / 2 < high]
            yield from _region(inside, frame, depth + 1)
    else:
        yield _grid(rows, columns, frame)


def _is_prose(rows: list[Row], columns: list[tuple[float, float]]) -> bool:
    """Whether the columns are read one after the other: their lines are about as long as they are wide."""
    pieces = [piece for row in rows for piece in row]
    if len(columns) > 3 or len(rows) < 3:
        return False
    widths = [(piece, right - left) for piece in pieces for left, right in columns if left <= piece.left < right]
    filled = statistics.mean((piece.right - piece.left) / width for piece, width in widths if width > 0)
    words = statistics.median(len(piece.text.split()) for piece in pieces)
    narrow = min(right - left for left, right in columns)
    return filled > COLUMN_FILLED and words >= WORDS_OF_A_LINE and narrow > 6 * pieces[0].size


def _is_ruled(rows: list[Row], frame: Frame) -> bool:
    top, bottom = rows[0][0].base + rows[0][0].size, rows[-1][0].base
    left, right = min(row[0].left for row in rows), max(row[-1].right for row in rows)
    inner = [at for at, low, high in frame.down if left < at < right and low <= top and high >= bottom]
    lines = [at for at, begin, end in frame.across if bottom <= at <= top and begin < right and end > left]
    return bool(inner) and len(lines) >= 2


def _grid(rows: list[Row], columns: list[tuple[float, float]], frame: Frame) -> Grid:
    top, bottom = rows[0][0].base, rows[-1][0].base
    downs = [at for at, low, high in frame.down if low <= top and high >= bottom]
    borders = [_border(left, right, downs) for left, right in pairwise(columns)]
    cells: list[list[str]] = []
    gaps = [above[0].base - below[0].base for above, below in pairwise(rows)]
    usual = statistics.median(gaps) if gaps else 0.0
    rules = _rules(frame, (columns[-1][1] - columns[0][0]) / 2)
    above: Row | None = None
    for row in rows:
        line = [""] * len(columns)
        for piece in row:
            first = sum(border <= piece.left + 1 for border in borders)
            last = max(first, sum(border < piece.right - 1 for border in borders))
            for column in range(first, last + 1):
                line[column] = f"{line[column]} {piece.text}".strip()
        if above is not None and cells and _goes_on(above, row, line, cells[-1], usual, rules):
            cells[-1] = [f"{before} {after}".strip() for before, after in zip(cells[-1], line, strict=True)]
        else:
            cells.append(line)
        above = row
    return Grid(cells, rows[0][0].base, rows[0][0].size)


def _border(left: tuple[float, float], right: tuple[float, float], downs: Sequence[float]) -> float:
    """The line that is drawn between two columns, else the middle of the room between them."""
    return max((at for at in downs if left[0] < at <= right[0] + 1), default=(left[1] + right[0]) / 2)


def _rules(frame: Frame, least: float) -> list[int]:
    """Where lines are drawn across that are that long, be it cell by cell."""
    lengths = Counter[int]()
    for at, begin, end in {(round(at), round(begin), round(end)) for at, begin, end in frame.across}:
        lengths[at] += end - begin
    return sorted(at for at, length in lengths.items() if length > least)


def _goes_on(above: Row, row: Row, line: list[str], before: list[str], usual: float, rules: list[int]) -> bool:
    """Whether a line belongs to the row of the table above it: no rule between them, or it is close to it."""
    top, bottom = above[0].base, row[0].base
    if len(rules) >= 3 and rules[0] <= bottom and rules[-1] >= top:
        return not any(bottom < at < top for at in rules)
    only_goes_on = not line[0] and all(cell for cell, new in zip(before, line, strict=True) if new)
    return only_goes_on and top - bottom < 0.8 * usual
