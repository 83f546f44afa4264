"""The form that every document is brought into: a title and Markdown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Extract:
    """A document's text. The title is empty where the document names none."""

    title: str
    text: str


def heading(level: int, text: str) -> str:
    return f"{'#' * min(level, 6)} {text}"


def table(rows: Iterable[Sequence[str]]) -> str:
    """Rows of cells as a table, the first row as its head. Empty rows are left out, short ones are filled up."""
    cells = [[_cell(text) for text in row] for row in rows]
    filled = [row for row in cells if any(row)]
    if not filled:
        return ""
    width = max(map(len, filled))
    head, *body = (f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in filled)
    return "\n".join([head, f"|{' --- |' * width}", *body])


def folded(text: str) -> str:
    """On one line, single spaces between words."""
    return " ".join(text.split())


def _cell(text: str) -> str:
    return folded(text).replace("|", "\\|")
