"""Which part of a result is asked for (`limit`, `offset`, the Range header), and how the answer says which it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

from infra.local.supabase_gateway.rest.errors import RestError
from infra.local.supabase_gateway.rest.fields import Binder

MAX_ROWS = 1000  # the default of hosted Supabase: a longer result is cut there, silently
RANGE = re.compile(r"(?:items=)?(\d+)-(\d*)")


@dataclass(frozen=True)
class Window:
    """A part of a result; `limit` None means up to MAX_ROWS."""

    offset: int = 0
    limit: int | None = None

    def render(self, bind: Binder) -> sql.Composed:
        """The limit and offset clauses."""
        rows = MAX_ROWS if self.limit is None else min(self.limit, MAX_ROWS)
        return sql.SQL(" limit {}::bigint offset {}::bigint").format(bind(rows), bind(self.offset))

    def content_range(self, rows: int, total: int | None) -> str:
        """The Content-Range of an answer with `rows` rows; `total` None means that it was not counted."""
        shown = f"{self.offset}-{self.offset + rows - 1}" if rows else "*"
        return f"{shown}/{'*' if total is None else total}"

    def status(self, rows: int, total: int | None) -> int:
        """200, or 206 for a part of a counted result; raises 416 for an offset beyond its end."""
        if total is None:
            return 200
        if self.offset > total:
            raise _unsatisfiable(f"An offset of {self.offset} was requested, but there are only {total} rows.")
        return 206 if rows < total else 200


def parse_window(parameters: Mapping[str, str], range_header: str | None) -> Window:
    """The part that both the parameters and the Range header, which GET requests may have, ask for."""
    offset, limit = _number(parameters, "offset") or 0, _number(parameters, "limit")
    found = RANGE.fullmatch(range_header or "")
    if not found:
        return Window(offset, limit)
    first, last = int(found[1]), int(found[2]) if found[2] else None
    if last is not None and last < first:
        raise _unsatisfiable(
            "The lower boundary must be lower than or equal to the upper boundary in the Range header."
        )
    ends = [end for end in (last, offset + limit - 1 if limit is not None else None) if end is not None]
    start = max(offset, first)
    return Window(start, max(min(ends) - start + 1, 0) if ends else None)


def _number(parameters: Mapping[str, str], name: str) -> int | None:
    if name not in parameters:
        return None
    text = parameters[name]
    if not re.fullmatch(r"-?\d{1,18}", text):
        raise RestError(400, "PGRST100", f'"failed to parse {name} ({text})"', "expecting an integer")
    if int(text) < 0:
        raise _unsatisfiable(f"{name.capitalize()} should be greater than or equal to zero.")
    return int(text)


def _unsatisfiable(details: str) -> RestError:
    return RestError(416, "PGRST103", "Requested range not satisfiable", details)
