"""Filter operations (`not.eq.5`, `in.(1,2)`, `fts(english).cat`): how they are written and what they are in SQL."""

import re
from dataclasses import dataclass

from psycopg import sql

from infra.local.supabase_gateway.rest.fields import Binder
from infra.local.supabase_gateway.rest.scanner import QUOTED, Scanner, unescaped

# Operators that may be followed by (any) or (all), and then take an array.
QUANTIFIABLE = {
    "eq": "=",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "like": "like",
    "ilike": "ilike",
    "match": "~",
    "imatch": "~*",
}
PLAIN = {
    "neq": "<>",
    "isdistinct": "is distinct from",
    "cs": "@>",
    "cd": "<@",
    "ov": "&&",
    "sl": "<<",
    "sr": ">>",
    "nxl": "&>",
    "nxr": "&<",
    "adj": "-|-",
}
TEXT_SEARCH = {
    "fts": "to_tsquery",
    "plfts": "plainto_tsquery",
    "phfts": "phraseto_tsquery",
    "wfts": "websearch_to_tsquery",
}
IS = {"null": "null", "not_null": "not null", "true": "true", "false": "false", "unknown": "unknown"}
ALL = {*QUANTIFIABLE, *PLAIN, *TEXT_SEARCH, "in", "is"}

OPERATOR = re.compile(r"(not\.)?([a-z]+)(?:\(([\w$ ]+)\))?\.")
IS_VALUE = re.compile("|".join(sorted(IS, key=len, reverse=True)), re.IGNORECASE)
ARRAY = re.compile(r"\{[^{}]*\}")
BARE = re.compile(r"[^,)]*")


@dataclass(frozen=True)
class Operation:
    """One comparison; `value` is a list for `in` only, `modifier` a quantifier or a text search configuration."""

    operator: str
    value: str | list[str]
    modifier: str | None = None
    negated: bool = False

    def render(self, field: sql.Composable, field_type: str, bind: Binder) -> sql.Composed:
        """The comparison of `field`, which has the SQL type `field_type`, as an SQL condition."""
        condition = self._condition(field, field_type, bind)
        return sql.SQL("(not {})").format(condition) if self.negated else condition

    def _condition(self, field: sql.Composable, field_type: str, bind: Binder) -> sql.Composed:
        if isinstance(self.value, list):
            return sql.SQL("({} = any ({}))").format(field, bind(array_literal(self.value)))
        if self.operator == "is":
            return sql.SQL("({} is {})").format(field, sql.SQL(IS[self.value.lower()]))
        if self.operator in TEXT_SEARCH:
            return self._text_search(field, field_type, bind)
        symbol = sql.SQL(QUANTIFIABLE.get(self.operator) or PLAIN[self.operator])
        value = self.value.replace("*", "%") if self.operator in ("like", "ilike") else self.value
        quantified = sql.SQL(f"{self.modifier} ({{}})" if self.modifier else "{}").format(bind(value))
        return sql.SQL("({} {} {})").format(field, symbol, quantified)

    def _text_search(self, field: sql.Composable, field_type: str, bind: Binder) -> sql.Composed:
        configuration: sql.Composable = sql.SQL("")
        if self.modifier:
            configuration = sql.SQL("{}::regconfig, ").format(bind(self.modifier))
        vector = field if field_type == "tsvector" else sql.SQL("to_tsvector({}{})").format(configuration, field)
        query = sql.SQL("{}({}{})").format(sql.SQL(TEXT_SEARCH[self.operator]), configuration, bind(self.value))
        return sql.SQL("({} @@ {})").format(vector, query)


def is_operation(text: str) -> bool:
    """Whether a query parameter's value reads as an operation: what tells a filter from a function's argument."""
    found = OPERATOR.match(text)
    return bool(found and found[2] in ALL)


def scan_operation(scanner: Scanner, *, nested: bool) -> Operation:
    """Read an operation: up to the end of the text, or, `nested` in `or=(…)`, up to its `,` or `)`."""
    head = scanner.match(OPERATOR)
    if not head or head[2] not in ALL:
        scanner.fail("expecting an operator (eq, gt, ...)")
    negated, operator, modifier = bool(head[1]), head[2], head[3]
    _check_modifier(scanner, operator, modifier)
    return Operation(operator, _scan_value(scanner, operator, nested=nested), modifier, negated)


def array_literal(items: list[str]) -> str:
    """PostgreSQL's text form of an array: as a parameter of unknown type it becomes an array of the column's type."""
    quoted = (item.replace("\\", "\\\\").replace('"', '\\"') for item in items)
    return "{" + ",".join(f'"{item}"' for item in quoted) + "}"


def _check_modifier(scanner: Scanner, operator: str, modifier: str | None) -> None:
    quantified = operator in QUANTIFIABLE and modifier in ("any", "all")
    if modifier is not None and operator not in TEXT_SEARCH and not quantified:
        scanner.fail(f"operator {operator} takes no modifier {modifier}")


def _scan_value(scanner: Scanner, operator: str, *, nested: bool) -> str | list[str]:
    if operator == "in":
        return _scan_list(scanner)
    if operator == "is":
        found = scanner.match(IS_VALUE)
        if not found:
            scanner.fail("expecting null, not_null, true, false or unknown")
        return found[0]
    if not nested:
        return scanner.rest()
    return _scan_item(scanner, arrays=True)


def _scan_list(scanner: Scanner) -> list[str]:
    scanner.expect("(")
    if scanner.accept(")"):
        return []
    items = [_scan_item(scanner, arrays=False)]
    while scanner.accept(","):
        items.append(_scan_item(scanner, arrays=False))
    scanner.expect(")")
    return items


def _scan_item(scanner: Scanner, *, arrays: bool) -> str:
    start = scanner.position
    for pattern in (QUOTED, ARRAY) if arrays else (QUOTED,):
        found = scanner.match(pattern)
        # Quotes and braces count only if they enclose the whole item.
        if found and (scanner.at_end() or scanner.text[scanner.position] in ",)"):
            return unescaped(found[1]) if pattern is QUOTED else found[0]
        scanner.position = start
    bare = scanner.match(BARE)
    return bare[0] if bare else ""
