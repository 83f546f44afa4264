"""Tables of every format: cells over several rows and columns stand in each of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.knowledge.formats.document import Block, UnreadableError, one_line

MAX_COLUMNS = 1000
MAX_CELLS = 2_000_000  # a full file of 20 MB with one sign a cell has more; its chunks would be too many anyway


@dataclass(frozen=True)
class Cell:
    text: str
    columns: int = 1
    rows: int = 1  # 0: down to the last
    is_head: bool = False


def table(rows: Iterable[Sequence[str]], heads: int = 1) -> Block | None:
    """Rows of cells, the first ones its head; names that stand above each other are joined. None without any words."""
    filled = [cells for row in rows if any(cells := [_escaped(text) for text in row])]
    if not filled:
        return None
    width = max(map(len, filled))
    if width > MAX_COLUMNS:
        raise UnreadableError("too_wide")
    even = [row + [""] * (width - len(row)) for row in filled]
    heads = max(1, min(heads, len(even) - 1))
    head = [" ".join(dict.fromkeys(filter(None, names))) for names in zip(*even[:heads], strict=True)]
    lines = [_line(head), f"|{' --- |' * width}", *map(_line, even[heads:])]
    return Block("table", "\n".join(lines))


def spanned(rows: Sequence[Sequence[Cell]]) -> Block | None:
    """A table of cells that may reach over others, which then say the same."""
    grid: list[dict[int, str]] = [{} for _ in rows]
    count = 0
    for at, row in enumerate(rows):
        column = 0
        for cell in row:
            while column in grid[at]:
                column += 1
            down = len(rows) if cell.rows == 0 else min(len(rows), at + cell.rows)
            across = max(1, cell.columns)
            count += (down - at) * across
            if column + across > MAX_COLUMNS:
                raise UnreadableError("too_wide")
            if count > MAX_CELLS:
                raise UnreadableError("too_large")
            for line in grid[at:down]:
                line.update(dict.fromkeys(range(column, column + across), cell.text))
            column += across
    width = max((max(line, default=-1) for line in grid), default=-1) + 1
    return table([[line.get(column, "") for column in range(width)] for line in grid], _heads(rows))


def _heads(rows: Sequence[Sequence[Cell]]) -> int:
    """How many of the first rows are nothing but names, with those that the names of the first reach down to."""
    named = next((at for at, row in enumerate(rows) if not row or not all(cell.is_head for cell in row)), len(rows))
    return named or 1


def _escaped(text: str) -> str:
    return one_line(text).replace("|", "\\|")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
