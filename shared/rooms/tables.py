"""Answers a SELECT over a CSV file: its rows stand in a table of SQLite's, in memory, which nothing can be written to.

No code of a model's is run: SQLite reads SQL, an authorizer lets nothing but reading pass, and size and time are bound.
https://www.sqlite.org/security.html
"""

import csv
import io
import re
import sqlite3
import time
from collections.abc import Sequence

MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_ANSWER_ROWS = 100
MAX_CELL = 500  # characters that are shown of one
MAX_VALUE = 1_000_000  # bytes of one value while SQLite works
MAX_SECONDS = 5.0
STEPS_BETWEEN_LOOKS = 10_000  # of SQLite's machine, before the clock is looked at
ALLOWED = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION)
TABLE = "data"
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


class TableError(Exception):
    """Why there is no answer, in a sentence for the model that asked."""


def query(text: str, sql: str) -> str:
    """The answer as CSV with a head, and a line before it that says how many rows were left out. Raises TableError."""
    head, rows = read_table(text)
    database = sqlite3.connect(":memory:")
    try:
        _fill(database, head, rows)
        names, found = _asked(database, sql)
    except sqlite3.Error as fault:
        raise TableError(f"SQLite says: {fault}. {_described(head, rows)}") from None
    finally:
        database.close()
    more = len(found) > MAX_ANSWER_ROWS
    first = f"The first {MAX_ANSWER_ROWS} rows; there are more." if more else f"{len(found)} rows."
    return f"{first}\n{_csv([names, *found[:MAX_ANSWER_ROWS]])}"


def read_table(text: str) -> tuple[list[str], list[Sequence[str | float | None]]]:
    """The names of the columns, each a name of its own, and the rows with numbers as such. Raises TableError."""
    try:
        dialect = csv.Sniffer().sniff(text[:20_000], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    try:
        lines = [row for row in csv.reader(io.StringIO(text), dialect) if any(cell.strip() for cell in row)]
    except csv.Error as fault:
        raise TableError(f"This is no table: {fault}.") from None
    if len(lines) < 2:
        raise TableError("This table has no rows.")
    if len(lines) > MAX_ROWS or len(lines[0]) > MAX_COLUMNS:
        raise TableError(f"This table is too large: at most {MAX_ROWS} rows and {MAX_COLUMNS} columns.")
    head = _names(lines[0])
    cells = [(row + [""] * len(head))[: len(head)] for row in lines[1:]]
    columns = [_typed([row[number] for row in cells]) for number in range(len(head))]
    return head, list(zip(*columns, strict=True))


def _names(cells: Sequence[str]) -> list[str]:
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = cell.strip().strip("\ufeff") or f"column_{number}"
        names.append(name if name.casefold() not in {each.casefold() for each in names} else f"{name}_{number}")
    return names


def _typed(cells: list[str]) -> list[str | float | None]:
    """Numbers where all that is there are numbers; what is empty is null."""
    texts = [cell.strip() for cell in cells]
    known = [text for text in texts if text]
    if known and all(_NUMBER.fullmatch(text) for text in known):
        return [_number(text) if text else None for text in texts]
    if known and all(_NUMBER.fullmatch(text) or _DECIMAL_COMMA.fullmatch(text) for text in known):
        return [_number(text.replace(",", ".")) if text else None for text in texts]
    return [text or None for text in texts]


def _number(text: str) -> float:
    return int(text) if text.lstrip("+-").isdigit() and len(text) < 18 else float(text)


def _fill(database: sqlite3.Connection, head: Sequence[str], rows: Sequence[Sequence[str | float | None]]) -> None:
    columns = ", ".join('"{}"'.format(name.replace('"', '""')) for name in head)
    database.execute(f"create table {TABLE} ({columns})")
    places = ", ".join("?" * len(head))
    database.executemany(f"insert into {TABLE} values ({places})", rows)  # noqa: S608 - no word of the file's


def _asked(database: sqlite3.Connection, sql: str) -> tuple[list[str], list[Sequence[object]]]:
    until = time.monotonic() + MAX_SECONDS
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE)
    database.set_authorizer(_authorize)
    database.set_progress_handler(lambda: time.monotonic() > until, STEPS_BETWEEN_LOOKS)
    answer = database.execute(sql)
    if answer.description is None:
        raise sqlite3.ProgrammingError("only a SELECT is answered")
    return [str(column[0]) for column in answer.description], answer.fetchmany(MAX_ANSWER_ROWS + 1)


def _authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    is_loading = action == sqlite3.SQLITE_FUNCTION and "load_extension" in (first, second)
    return sqlite3.SQLITE_OK if action in ALLOWED and not is_loading else sqlite3.SQLITE_DENY


def _csv(rows: Sequence[Sequence[object]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([[_shown(cell) for cell in row] for row in rows])
    return written.getvalue()


def _shown(cell: object) -> object:
    return round(cell, 6) if isinstance(cell, float) else cell if cell is None else str(cell)[:MAX_CELL]


def _described(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    return f"The table {TABLE} has {len(rows)} rows; its columns: {', '.join(head)}."
