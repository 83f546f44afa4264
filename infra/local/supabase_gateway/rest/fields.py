"""Fields: a column, or a path into a JSON column (`data->tags->>0`)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

from infra.local.supabase_gateway.catalogue import Column
from infra.local.supabase_gateway.rest.errors import RestError
from infra.local.supabase_gateway.rest.quoting import identifier
from infra.local.supabase_gateway.rest.scanner import Scanner

ARROW = re.compile(r"->>?")
INDEX = re.compile(r"-?\d+(?=->|::|[.,)]|$)")


class Binder:
    """Collects the values of a statement; each becomes a parameter, never a part of the text."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}

    def __call__(self, value: object) -> sql.Placeholder:
        name = f"p{len(self.values)}"
        self.values[name] = value
        return sql.Placeholder(name)


@dataclass(frozen=True)
class Relation:
    """What a statement reads from: its name in errors, how SQL refers to it, and which columns it has."""

    name: str
    reference: sql.Composable
    columns: Mapping[str, Column]

    def column(self, name: str) -> Column:
        """The column of that name; 42703, as PostgreSQL would say, if there is none."""
        if name not in self.columns:
            raise RestError(400, "42703", f"column {self.name}.{name} does not exist")
        return self.columns[name]


@dataclass(frozen=True)
class Field:
    """A column and the JSON steps from it; a step is an arrow and a key or index."""

    column: str
    path: tuple[tuple[str, str | int], ...] = ()

    @property
    def result_name(self) -> str:
        """What the field is called in a result: the last key of its path, as in PostgREST."""
        keys = [step for _, step in self.path if isinstance(step, str)]
        return keys[-1] if keys else self.column

    def render(self, relation: Relation, bind: Binder) -> sql.Composed:
        """The field as an SQL expression."""
        column = relation.column(self.column)
        expression = sql.SQL("{}.{}").format(relation.reference, identifier(column.name))
        if not self.path:
            return expression
        if not column.is_json:
            expression = sql.SQL("to_jsonb({})").format(expression)
        steps = [_step(arrow, key, bind) for arrow, key in self.path]
        return sql.SQL("({}{})").format(expression, sql.Composed(steps))


def scan_field(scanner: Scanner) -> Field:
    """Read a field."""
    column = scanner.name()
    path: list[tuple[str, str | int]] = []
    while arrow := scanner.match(ARROW):
        index = scanner.match(INDEX)
        path.append((arrow[0], int(index[0]) if index else scanner.name()))
    return Field(column, tuple(path))


def _step(arrow: str, key: str | int, bind: Binder) -> sql.Composed:
    # The cast tells `->` between a key and an index, which a bare parameter would leave open.
    cast = sql.SQL("int" if isinstance(key, int) else "text")
    return sql.SQL("{}{}::{}").format(sql.SQL(arrow), bind(key), cast)
