"""Names, catalogue text and values as parts of a statement.

psycopg reads `%` in a statement as the beginning of a placeholder, also within names: it has to be doubled.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from psycopg import sql

from infra.local.supabase_gateway.catalogue import Column
from infra.local.supabase_gateway.rest.errors import RestError


def identifier(*names: str) -> sql.Identifier:
    return sql.Identifier(*(name.replace("%", "%%") for name in names))


def identifiers(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join([identifier(name) for name in names])


def from_catalogue(text: str) -> sql.SQL:
    """A type or an expression that PostgreSQL itself printed; nothing else may be passed."""
    return sql.SQL(text.replace("%", "%%"))


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

    def column(self, name: str) -> sql.Composed:
        """The column of that name; 42703, as PostgreSQL would say, if there is none."""
        if name not in self.columns:
            raise RestError(400, "42703", f"column {self.name}.{name} does not exist")
        return sql.SQL("{}.{}").format(self.reference, identifier(name))
