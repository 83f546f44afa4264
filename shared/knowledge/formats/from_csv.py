"""Tables as text: each row below the names of its columns."""

import csv
import io
import itertools

from shared.knowledge.formats.document import Extract, UnreadableError, decode, table

DELIMITERS = (",", ";", "\t")
LOOKED_AT = 50  # rows, by which a table is told from prose with commas
MAX_NAME = 80  # characters of a column's name


def delimiter(text: str) -> str:
    """What separates the cells; empty when the text is no table: rows of one width below names that differ."""
    return next((sign for sign in DELIMITERS if _is_table(text, sign)), "")


def read(data: bytes) -> Extract:
    """Raises UnreadableError (corrupt)."""
    text = decode(data)
    try:
        return Extract("", table(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text))))
    except csv.Error:
        raise UnreadableError("corrupt") from None


def _is_table(text: str, sign: str) -> bool:
    if sign not in text[: text.find("\n") + 1]:
        return False
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign)
        head, *rows = [row for row in itertools.islice(reader, LOOKED_AT) if row]
    except (csv.Error, ValueError):
        return False
    named = len(head) > 1 and len(set(head)) == len(head)
    short = all(0 < len(name.strip()) <= MAX_NAME and name.strip()[0] not in "#>-|" for name in head)
    # Two lines of prose may well have a comma each.
    enough = len(rows) > any(name.startswith(" ") for name in head)
    return named and short and enough and all(len(row) == len(head) for row in rows)
