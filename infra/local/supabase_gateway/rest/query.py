"""The query string of a REST request: what is chosen, shown, sorted, and which part of it."""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from psycopg import sql

from infra.local.supabase_gateway.rest.conditions import Filter, Logic, parse_filter, parse_logic
from infra.local.supabase_gateway.rest.errors import RestError, unsupported
from infra.local.supabase_gateway.rest.fragments import Binder, Relation, identifier
from infra.local.supabase_gateway.rest.scanner import Scanner

LOGIC_KEYS = ("and", "or", "not.and", "not.or")
RESERVED = ("select", "order", "limit", "offset", "columns", "on_conflict")
MAX_PARAMETERS = 500
MAX_ROWS = 1000  # the default of hosted Supabase: a longer result is cut there without a word
AGGREGATE = re.compile(r"(\.(avg|count|max|min|sum)|^count|(?<=[,:])count)\(\)")
DIRECTION = re.compile(r"\.(asc|desc)\b")
NULLS = re.compile(r"\.nulls(first|last)\b")


@dataclass(frozen=True)
class Selected:
    """One column of the result; None stands for every column."""

    column: str | None
    alias: str | None = None

    def render(self, relation: Relation) -> sql.Composed:
        if self.column is None:
            return sql.SQL("{}.*").format(relation.reference)
        return sql.SQL("{} as {}").format(relation.column(self.column), identifier(self.alias or self.column))


@dataclass(frozen=True)
class Ordered:
    """One column to sort by; `direction` and `nulls` are SQL."""

    column: str
    direction: str
    nulls: str

    def render(self, relation: Relation) -> sql.Composed:
        return sql.SQL("{}" + self.direction + self.nulls).format(relation.column(self.column))


@dataclass
class Query:
    selected: list[Selected] = field(default_factory=lambda: [Selected(None)])
    ordered: list[Ordered] = field(default_factory=list)
    conditions: list[Filter | Logic] = field(default_factory=list)
    reserved: dict[str, str] = field(default_factory=dict)
    columns: list[str] | None = None
    on_conflict: list[str] | None = None

    @property
    def shapes_rows(self) -> bool:
        """Whether it needs to know the columns of a result."""
        return bool(self.conditions or self.ordered or "select" in self.reserved)

    @property
    def offset(self) -> int:
        return _number(self.reserved, "offset") or 0

    def window(self, bind: Binder) -> sql.Composed:
        limit = _number(self.reserved, "limit")
        rows = MAX_ROWS if limit is None else min(limit, MAX_ROWS)
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

    def projection(self, relation: Relation) -> sql.Composed:
        return sql.SQL(", ").join([item.render(relation) for item in self.selected])

    def returned_columns(self, relation: Relation) -> sql.Composable:
        """What a statement that writes must return: only what is shown, as a role may read only some columns."""
        if any(item.column is None for item in self.selected):
            return sql.SQL("{}.*").format(relation.reference)
        names = dict.fromkeys(item.column for item in self.selected if item.column is not None)
        return sql.SQL(", ").join([relation.column(name) for name in names])

    def order_by(self, relation: Relation) -> sql.Composed:
        """The order clause, empty without columns."""
        if not self.ordered:
            return sql.SQL("").format()
        return sql.SQL(" order by {}").format(sql.SQL(", ").join([item.render(relation) for item in self.ordered]))


def parse_query(query_string: bytes) -> Query:
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS
        )
    except ValueError:
        raise RestError(400, "PGRST100", "the query string cannot be decoded") from None
    query = Query()
    for key, value in pairs:
        if key in RESERVED:
            query.reserved[key] = value
        elif key in LOGIC_KEYS:
            query.conditions.append(parse_logic(key, value))
        elif key.endswith(tuple(f".{name}" for name in (*RESERVED, *LOGIC_KEYS))):
            unsupported("A parameter for an embedded resource")
        else:
            query.conditions.append(parse_filter(key, value))
    _read_reserved(query)
    return query


def _read_reserved(query: Query) -> None:
    reserved = query.reserved
    if "select" in reserved:
        if AGGREGATE.search(reserved["select"]):
            raise RestError(400, "PGRST123", "Use of aggregate functions is not allowed")
        query.selected = Scanner(reserved["select"], "select parameter").all(_scan_selected, '"," or end of input')
    if "order" in reserved:
        expectation = '"asc", "desc", "nullsfirst" or "nullslast"'
        query.ordered = Scanner(reserved["order"], "order").all(_scan_ordered, expectation)
    query.columns = _names(reserved, "columns")
    query.on_conflict = _names(reserved, "on_conflict")


def _names(reserved: dict[str, str], parameter: str) -> list[str] | None:
    if parameter not in reserved:
        return None
    names = Scanner(reserved[parameter], f"{parameter} parameter").all(Scanner.column)
    return list(dict.fromkeys(names))


def _scan_selected(scanner: Scanner) -> Selected:
    if scanner.accept("*"):
        return Selected(None)
    if scanner.accept(".."):
        unsupported("Embedding another table")
    alias, column = None, scanner.column()
    if scanner.accept("::"):
        unsupported("A cast")
    if scanner.accept(":"):
        alias, column = column, scanner.column()
    if scanner.accept("(") or scanner.accept("!"):
        unsupported("Embedding another table")
    if scanner.accept("::"):
        unsupported("A cast")
    return Selected(column, alias)


def _scan_ordered(scanner: Scanner) -> Ordered:
    column = scanner.column()
    if scanner.accept("("):
        unsupported("Ordering by an embedded resource")
    direction = scanner.match(DIRECTION)
    nulls = scanner.match(NULLS)
    return Ordered(column, f" {direction[1]}" if direction else "", f" nulls {nulls[1]}" if nulls else "")


def _number(parameters: dict[str, str], name: str) -> int | None:
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
