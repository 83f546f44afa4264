"""Names and catalogue text as parts of a statement.

psycopg reads `%` in a statement as the beginning of a placeholder, also within names: it has to be doubled.
"""

from collections.abc import Iterable

from psycopg import sql


def identifier(*names: str) -> sql.Identifier:
    """A quoted, possibly qualified name."""
    return sql.Identifier(*(name.replace("%", "%%") for name in names))


def identifiers(names: Iterable[str]) -> sql.Composed:
    """Quoted names, separated by commas."""
    return sql.SQL(", ").join([identifier(name) for name in names])


def from_catalogue(text: str) -> sql.SQL:
    """A type or an expression that PostgreSQL itself printed; nothing else may be passed."""
    return sql.SQL(text.replace("%", "%%"))
