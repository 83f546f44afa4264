"""The where clause: filters on columns (`age=gte.18`, `id=in.(1,2)`), joined by `and` and `or`."""

import re
from dataclasses import dataclass
from functools import partial

from psycopg import sql

from infra.local.supabase_gateway.rest.errors import unsupported
from infra.local.supabase_gateway.rest.fragments import Binder, Relation
from infra.local.supabase_gateway.rest.scanner import QUOTED, Scanner, unescaped

COMPARISONS = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "cs": "@>"}
COMPARISONS |= {"like": "like", "ilike": "ilike"}
IS = {"null": "null", "not_null": "not null", "true": "true", "false": "false", "unknown": "unknown"}
KNOWN = {*COMPARISONS, "in", "is"}
# PostgREST's others.
OTHERS = {
    *("match", "imatch", "isdistinct", "cd", "ov", "sl", "sr", "nxl", "nxr", "adj"),
    *("fts", "plfts", "phfts", "wfts"),
}

LOGIC = re.compile(r"\s*(not\.)?(and|or)\(")
OPERATOR = re.compile(r"(not\.)?([a-z]+)(\([\w$ ]+\))?\.")
IS_VALUE = re.compile("|".join(sorted(IS, key=len, reverse=True)), re.IGNORECASE)
ARRAY = re.compile(r"\{[^{}]*\}")
BARE = re.compile(r"[^,)]*")
MAX_DEPTH = 50  # nested and/or; more is an attack on the stack, not a question


@dataclass(frozen=True)
class Filter:
    """A comparison of a column; `value` is a list for `in` only."""

    column: str
    operator: str
    value: str | list[str]
    negated: bool = False

    def render(self, relation: Relation, bind: Binder) -> sql.Composed:
        condition = self._condition(relation.column(self.column), bind)
        return sql.SQL("(not {})").format(condition) if self.negated else condition

    def _condition(self, column: sql.Composable, bind: Binder) -> sql.Composed:
        if isinstance(self.value, list):
            return sql.SQL("({} = any ({}))").format(column, bind(array_literal(self.value)))
        if self.operator == "is":
            return sql.SQL("({} is {})").format(column, sql.SQL(IS[self.value.lower()]))
        value = self.value.replace("*", "%") if self.operator in ("like", "ilike") else self.value
        return sql.SQL("({} {} {})").format(column, sql.SQL(COMPARISONS[self.operator]), bind(value))


@dataclass(frozen=True)
class Logic:
    operator: str
    operands: tuple["Filter | Logic", ...]
    negated: bool = False

    def render(self, relation: Relation, bind: Binder) -> sql.Composed:
        operands = [operand.render(relation, bind) for operand in self.operands]
        joined = sql.SQL(f" {self.operator} ").join(operands)
        return sql.SQL("(not ({}))" if self.negated else "({})").format(joined)


def parse_filter(key: str, value: str) -> Filter:
    """The condition of a query parameter such as `age=gte.18`."""
    keys = Scanner(key, "tree path")
    column = keys.column()
    if keys.accept("."):
        unsupported("A filter on an embedded resource")
    keys.expect_end("the end of a field")
    scanner = Scanner(value, "filter")
    found = _scan_operation(scanner, column, nested=False)
    scanner.expect_end("the end of a filter")
    return found


def parse_logic(key: str, value: str) -> Logic:
    """The condition of a query parameter such as `or=(age.gte.18,name.is.null)`."""
    scanner = Scanner(key + value, "logic tree")
    found = scanner.match(LOGIC)
    if not found:
        scanner.fail('expecting "("')
    logic = _scan_logic(scanner, found, depth=1)
    scanner.expect_end("the end of a logic tree")
    return logic


def where(conditions: list[Filter | Logic], relation: Relation, bind: Binder) -> sql.Composed:
    """The where clause, empty without conditions."""
    if not conditions:
        return sql.SQL("").format()
    rendered = [condition.render(relation, bind) for condition in conditions]
    return sql.SQL(" where {}").format(sql.SQL(" and ").join(rendered))


def array_literal(items: list[str]) -> str:
    """PostgreSQL's text form of an array: as a parameter of unknown type it becomes an array of the column's type."""
    quoted = (item.replace("\\", "\\\\").replace('"', '\\"') for item in items)
    return "{" + ",".join(f'"{item}"' for item in quoted) + "}"


def _scan_logic(scanner: Scanner, head: re.Match[str], depth: int) -> Logic:
    if depth > MAX_DEPTH:
        scanner.fail("nested too deeply")
    operands = scanner.separated(partial(_scan_condition, depth=depth))
    scanner.expect(")")
    return Logic(head[2], tuple(operands), negated=bool(head[1]))


def _scan_condition(scanner: Scanner, depth: int) -> Filter | Logic:
    if nested := scanner.match(LOGIC):
        return _scan_logic(scanner, nested, depth + 1)
    column = scanner.column()
    scanner.expect(".")
    return _scan_operation(scanner, column, nested=True)


def _scan_operation(scanner: Scanner, column: str, *, nested: bool) -> Filter:
    """Read an operation: up to the end of the text, or, `nested` in `or=(…)`, up to its `,` or `)`."""
    head = scanner.match(OPERATOR)
    if not head or head[2] not in KNOWN | OTHERS:
        scanner.fail("expecting an operator (eq, gt, ...)")
    if head[2] in OTHERS or head[3]:
        unsupported(f"The operator {head[2]}{head[3] or ''}")
    return Filter(column, head[2], _scan_value(scanner, head[2], nested=nested), negated=bool(head[1]))


def _scan_value(scanner: Scanner, operator: str, *, nested: bool) -> str | list[str]:
    if operator == "in":
        return _scan_list(scanner)
    if operator == "is":
        found = scanner.match(IS_VALUE)
        if not found:
            scanner.fail("expecting null, not_null, true, false or unknown")
        return found[0]
    return _scan_item(scanner, arrays=True) if nested else scanner.rest()


def _scan_list(scanner: Scanner) -> list[str]:
    scanner.expect("(")
    if scanner.accept(")"):
        return []
    items = scanner.separated(_scan_item)
    scanner.expect(")")
    return items


def _scan_item(scanner: Scanner, *, arrays: bool = False) -> str:
    start = scanner.position
    for pattern in (QUOTED, ARRAY) if arrays else (QUOTED,):
        found = scanner.match(pattern)
        # Quotes and braces count only if they enclose the whole item.
        if found and (scanner.at_end() or scanner.text[scanner.position] in ",)"):
            return unescaped(found[1]) if pattern is QUOTED else found[0]
        scanner.position = start
    bare = scanner.match(BARE)
    return bare[0] if bare else ""
