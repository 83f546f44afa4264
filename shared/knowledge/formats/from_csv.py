"""Tables as text: each row below the names of its columns."""

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from shared.knowledge.formats.charsets import decode
from shared.knowledge.formats.document import Block, Document, UnreadableError
from shared.knowledge.formats.tables import MAX_COLUMNS, table

DELIMITERS = (",", ";", "\t", "|")
LOOKED_AT = 50  # rows, by which a table is told from prose with commas
LOOKED_AT_CHARACTERS = 1 << 18
MAX_NAME = 80  # characters of a column's name
MAX_LINES_ABOVE = 5  # titles and remarks above the names of the columns
MAX_CELL = 1 << 24  # characters; no file that is taken has more
_SIGN_OF_PROSE = re.compile(r"#{1,6}\s(?!of\b)|>|-\s")
_SEPARATOR = re.compile(r"sep=(.)[ \t]*\n", re.IGNORECASE)


def delimiter(text: str) -> str:
    """What separates the cells; empty when the text is no table: rows of one width below their names."""
    csv.field_size_limit(MAX_CELL)
    text, named = _without_separator(_lines(text[:LOOKED_AT_CHARACTERS]))
    if named:
        return named
    if text.lstrip().startswith(("{", "[", "<")):
        return ""  # data of programs
    found = {sign: shape for sign in DELIMITERS if (shape := _shape(text, sign))}
    return max(found, key=lambda sign: found[sign], default="")


def read(data: bytes) -> Document:
    """Raises UnreadableError (corrupt, too_wide)."""
    csv.field_size_limit(MAX_CELL)
    text = decode(data)
    sign = delimiter(text) or ","
    text, _ = _without_separator(_lines(text))
    try:
        rows = list(_rows(text, sign))
    except csv.Error:
        raise UnreadableError("corrupt") from None
    above = _head(rows[:LOOKED_AT])
    remarks = [" ".join(filter(None, map(str.strip, row))) for row in rows[:above]]
    found = table(_without_empty_last(rows[above:]))
    blocks = [*(Block("text", remark) for remark in remarks if remark), *([found] if found else [])]
    return Document(remarks[0] if remarks else "", blocks)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")


def _without_separator(text: str) -> tuple[str, str]:
    """Without the line that tells a spreadsheet the delimiter, and that delimiter."""
    found = _SEPARATOR.match(text)
    return (text[found.end() :], found[1]) if found else (text, "")


def _rows(text: str, sign: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, skipinitialspace=True)
    for row in reader:
        if len(row) > MAX_COLUMNS:
            raise UnreadableError("too_wide")
        if any(map(str.strip, row)):
            yield row


def _without_empty_last(rows: Sequence[Sequence[str]]) -> Iterator[Sequence[str]]:
    """A sign at the end of each line makes no column."""
    width = max((len(row) for row in rows), default=0)
    full = max((at + 1 for row in rows for at in range(len(row) - 1, width - 2, -1) if row[at].strip()), default=0)
    return (row[: max(full, width - 1)] for row in rows)


def _head(rows: Sequence[Sequence[str]]) -> int:
    """The row with the names of the columns: the first one that is as wide as most."""
    usual = _usual_width(rows)
    return next((at for at, row in enumerate(rows[: MAX_LINES_ABOVE + 1]) if len(row) >= max(2, usual - 1)), 0)


def _usual_width(rows: Sequence[Sequence[str]]) -> int:
    return Counter(map(len, rows)).most_common(1)[0][0] if rows else 0


def _shape(text: str, sign: str) -> tuple[int, bool, int] | None:
    """Of the table that the text is with that delimiter: how near its head is to the top, its sign, and its width."""
    try:
        rows = list(itertools.islice(_rows(text, sign), LOOKED_AT))
    except csv.Error:
        return None
    except UnreadableError:
        return 0, sign != ",", MAX_COLUMNS + 1
    usual, head = _usual_width(rows), _head(rows)
    if usual < 2 or len(rows) - head < 2:
        return None
    names, body = [name.strip() for name in rows[head]], rows[head + 1 :]
    if len(text) == LOOKED_AT_CHARACTERS and len(body) < LOOKED_AT - 1:
        body = body[:-1] or body  # the last one looked at is cut
    # In prose sentences are long, lines begin with signs, and a comma is followed by a space.
    named = all(len(name) <= MAX_NAME and not _SIGN_OF_PROSE.match(name) for name in names) and any(names)
    cut = [line for line in text[:4096].splitlines() if sign in line]
    loose = sum(f"{sign} " in line for line in cut) > len(cut) / 2
    enough = sum(len(row) == usual for row in body) > (sign == "," and loose)
    even = all(abs(len(row) - usual) <= 1 for row in body) and len(rows[head]) >= max(2, usual - 1)
    piped = sign == "|" and all(row[0].strip() == "" for row in rows)  # a table of Markdown
    # A comma may also stand in figures: 92,5; 60,0.
    return (-head, sign != ",", usual) if named and enough and even and not piped else None
