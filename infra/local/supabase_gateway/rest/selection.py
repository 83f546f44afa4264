"""What a request shows of each row (`select=id,name:title,data->>x,amount::text`) and in which order."""

import re
from dataclasses import dataclass

from psycopg import sql

from infra.local.supabase_gateway.rest.errors import RestError, unsupported
from infra.local.supabase_gateway.rest.fields import Binder, Field, Relation, scan_field
from infra.local.supabase_gateway.rest.quoting import identifier
from infra.local.supabase_gateway.rest.scanner import Scanner

AGGREGATE = re.compile(r"(\.(avg|count|max|min|sum)|^count|(?<=[,:])count)\(\)")
CAST = re.compile(r"::([A-Za-z0-9_ ]+(?:\[\])?)")
DIRECTION = re.compile(r"\.(asc|desc)\b")
NULLS = re.compile(r"\.nulls(first|last)\b")
# Types are words of SQL and cannot be parameters: only these are let into a statement.
CASTS = {
    *("bool", "boolean", "int", "int2", "int4", "int8", "integer", "smallint", "bigint"),
    *("numeric", "real", "double precision", "float", "float4", "float8"),
    *("text", "varchar", "uuid", "bytea", "json", "jsonb", "text[]", "int[]", "uuid[]"),
    *("date", "time", "interval", "timestamp", "timestamptz", "timestamp with time zone"),
}


@dataclass(frozen=True)
class Selected:
    """One field of the result; None as field stands for every column."""

    field: Field | None
    alias: str | None = None
    cast: str | None = None

    def render(self, relation: Relation, bind: Binder) -> sql.Composed:
        """As an item of a select list."""
        if self.field is None:
            return sql.SQL("{}.*").format(relation.reference)
        expression = self.field.render(relation, bind)
        if self.cast:
            expression = sql.SQL("cast({} as {})").format(expression, sql.SQL(self.cast))
        name = self.alias or self.field.result_name
        return sql.SQL("{} as {}").format(expression, identifier(name))


@dataclass(frozen=True)
class Ordered:
    """One field to sort by; `direction` and `nulls` are SQL."""

    field: Field
    direction: str
    nulls: str

    def render(self, relation: Relation, bind: Binder) -> sql.Composed:
        """As an item of an order clause."""
        return sql.SQL("{}" + self.direction + self.nulls).format(self.field.render(relation, bind))


def parse_select(text: str) -> list[Selected]:
    """Read the `select` parameter."""
    if AGGREGATE.search(text):
        raise RestError(400, "PGRST123", "Use of aggregate functions is not allowed")
    scanner = Scanner(text, "select parameter")
    selected = [_scan_selected(scanner)]
    while scanner.accept(","):
        selected.append(_scan_selected(scanner))
    if not scanner.at_end():
        scanner.fail('expecting "," or end of input')
    return selected


def parse_order(text: str) -> list[Ordered]:
    """Read the `order` parameter."""
    scanner = Scanner(text, "order")
    ordered = [_scan_ordered(scanner)]
    while scanner.accept(","):
        ordered.append(_scan_ordered(scanner))
    if not scanner.at_end():
        scanner.fail('expecting "asc", "desc", "nullsfirst" or "nullslast"')
    return ordered


def projection(selected: list[Selected], relation: Relation, bind: Binder) -> sql.Composed:
    """The select list."""
    return sql.SQL(", ").join([item.render(relation, bind) for item in selected])


def returned_columns(selected: list[Selected], relation: Relation) -> sql.Composable:
    """What a statement that writes must return for `selected`: only that, as a role may read only some columns."""
    names = {relation.column(item.field.column).name: None for item in selected if item.field}
    if any(item.field is None for item in selected):
        return sql.SQL("{}.*").format(relation.reference)
    return sql.SQL(", ").join([sql.SQL("{}.{}").format(relation.reference, identifier(name)) for name in names])


def order_by(ordered: list[Ordered], relation: Relation, bind: Binder) -> sql.Composed:
    """The order clause, empty without fields."""
    if not ordered:
        return sql.SQL("").format()
    return sql.SQL(" order by {}").format(sql.SQL(", ").join([item.render(relation, bind) for item in ordered]))


def _scan_selected(scanner: Scanner) -> Selected:
    if scanner.accept("*"):
        return Selected(None)
    if scanner.accept(".."):
        unsupported("Embedding another table")
    start = scanner.position
    alias = scanner.name()
    if not scanner.accept(":") or scanner.accept(":"):
        alias, scanner.position = "", start
    field = scan_field(scanner)
    if scanner.accept("(") or scanner.accept("!"):
        unsupported("Embedding another table")
    cast = scanner.match(CAST)
    return Selected(field, alias or None, _checked_cast(cast[1]) if cast else None)


def _checked_cast(name: str) -> str:
    if name.strip().lower() not in CASTS:
        unsupported(f"A cast to {name}")
    return name.strip().lower()


def _scan_ordered(scanner: Scanner) -> Ordered:
    field = scan_field(scanner)
    if scanner.accept("("):
        unsupported("Ordering by an embedded resource")
    direction = scanner.match(DIRECTION)
    nulls = scanner.match(NULLS)
    return Ordered(field, f" {direction[1]}" if direction else "", f" nulls {nulls[1]}" if nulls else "")
