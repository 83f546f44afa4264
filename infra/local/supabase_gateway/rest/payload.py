"""The JSON body of a request that writes."""

import json
from dataclasses import dataclass

from infra.local.supabase_gateway.body import parse
from infra.local.supabase_gateway.catalogue import Table
from infra.local.supabase_gateway.rest.errors import RestError
from infra.local.supabase_gateway.rest.query import Query


@dataclass(frozen=True)
class Payload:
    """Rows to write: always a JSON array as text, and the columns they set."""

    text: str
    columns: list[str]


def parse_json(body: bytes) -> object:
    """The body's value; PGRST102 if it is not JSON."""
    try:
        return parse(body)
    except ValueError:
        raise RestError(400, "PGRST102", "Empty or invalid json") from None


def parse_rows(body: bytes, table: Table, query: Query) -> Payload:
    """The rows of an insert: an object or an array of objects.

    The parameter `columns` chooses what is read of them; without it, all must have the same keys.
    """
    value = parse_json(body)
    rows = value if isinstance(value, list) else [value]
    keys = [_keys(row) for row in rows]
    if query.columns is not None:
        columns = query.columns
    else:
        columns = list(keys[0]) if keys else []
        if any(set(columns) != set(others) for others in keys):
            raise RestError(400, "PGRST102", "All object keys must match")
    return Payload(_text(value, rows, body), _known(columns, table))


def parse_changes(body: bytes, table: Table, query: Query) -> Payload:
    """The one row of an update."""
    value = parse_json(body)
    rows = value if isinstance(value, list) else [value]
    if len(rows) != 1:
        raise RestError(400, "PGRST102", "An update takes one object")
    return Payload(_text(value, rows, body), _known(query.columns or list(_keys(rows[0])), table))


def _keys(row: object) -> dict[str, object]:
    if not isinstance(row, dict):
        raise RestError(400, "PGRST102", "Every row must be an object")
    return row


def _known(columns: list[str], table: Table) -> list[str]:
    for name in columns:
        if name not in table.columns:
            message = f"Could not find the '{name}' column of '{table.name}' in the schema cache"
            raise RestError(400, "PGRST204", message)
    return columns


def _text(value: object, rows: list[object], body: bytes) -> str:
    # The client's own text where possible: its numbers are then read by PostgreSQL alone, with every digit.
    if isinstance(value, list):
        return body.decode("utf-8")
    return f"[{body.decode('utf-8')}]" if body.strip() else json.dumps(rows)
