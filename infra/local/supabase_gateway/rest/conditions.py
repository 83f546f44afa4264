"""The where clause: filters on fields, joined by `and` and `or`."""

import re
from dataclasses import dataclass

from psycopg import sql

from infra.local.supabase_gateway.rest.errors import unsupported
from infra.local.supabase_gateway.rest.fields import Binder, Field, Relation, scan_field
from infra.local.supabase_gateway.rest.operations import Operation, scan_operation
from infra.local.supabase_gateway.rest.scanner import Scanner

LOGIC = re.compile(r"\s*(not\.)?(and|or)\(")
DEEPEST = 50  # nested and/or; more is an attack on the stack, not a question


@dataclass(frozen=True)
class Filter:
    """An operation on a field."""

    field: Field
    operation: Operation

    def render(self, relation: Relation, bind: Binder) -> sql.Composed:
        """As an SQL condition."""
        column_type = relation.column(self.field.column).type
        field_type = column_type if not self.field.path else "json"
        return self.operation.render(self.field.render(relation, bind), field_type, bind)


@dataclass(frozen=True)
class Logic:
    """Conditions joined by `and` or `or`."""

    operator: str
    operands: tuple["Filter | Logic", ...]
    negated: bool = False

    def render(self, relation: Relation, bind: Binder) -> sql.Composed:
        """As an SQL condition."""
        operands = [operand.render(relation, bind) for operand in self.operands]
        joined = sql.SQL(f" {self.operator} ").join(operands)
        return sql.SQL("(not ({}))" if self.negated else "({})").format(joined)


def parse_filter(key: str, value: str) -> Filter:
    """The condition of a query parameter such as `age=gte.18`."""
    field_scanner = Scanner(key, "tree path")
    field = scan_field(field_scanner)
    if field_scanner.accept("."):
        unsupported("A filter on an embedded resource")
    if not field_scanner.at_end():
        field_scanner.fail("expecting the end of a field")
    scanner = Scanner(value, "filter")
    operation = scan_operation(scanner, nested=False)
    if not scanner.at_end():
        scanner.fail("expecting the end of a filter")
    return Filter(field, operation)


def parse_logic(key: str, value: str) -> Logic:
    """The condition of a query parameter such as `or=(age.gte.18,name.is.null)`."""
    scanner = Scanner(key + value, "logic tree")
    found = scanner.match(LOGIC)
    if not found:
        scanner.fail('expecting "("')
    logic = _scan_logic(scanner, found, depth=1)
    if not scanner.at_end():
        scanner.fail("expecting the end of a logic tree")
    return logic


def where(conditions: list[Filter | Logic], relation: Relation, bind: Binder) -> sql.Composed:
    """The where clause, empty without conditions."""
    if not conditions:
        return sql.SQL("").format()
    rendered = [condition.render(relation, bind) for condition in conditions]
    return sql.SQL(" where {}").format(sql.SQL(" and ").join(rendered))


def _scan_logic(scanner: Scanner, head: re.Match[str], depth: int) -> Logic:
    if depth > DEEPEST:
        scanner.fail("nested too deeply")
    operands = [_scan_condition(scanner, depth)]
    while scanner.accept(","):
        operands.append(_scan_condition(scanner, depth))
    scanner.expect(")")
    return Logic(head[2], tuple(operands), negated=bool(head[1]))


def _scan_condition(scanner: Scanner, depth: int) -> Filter | Logic:
    if nested := scanner.match(LOGIC):
        return _scan_logic(scanner, nested, depth + 1)
    field = scan_field(scanner)
    scanner.expect(".")
    return Filter(field, scan_operation(scanner, nested=True))
