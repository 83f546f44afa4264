"""The query string of a REST request, read as a whole."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from infra.local.supabase_gateway.rest.conditions import Filter, Logic, parse_filter, parse_logic
from infra.local.supabase_gateway.rest.errors import RestError, unsupported
from infra.local.supabase_gateway.rest.operations import is_operation
from infra.local.supabase_gateway.rest.scanner import Scanner
from infra.local.supabase_gateway.rest.selection import Ordered, Selected, parse_order, parse_select

LOGIC_KEYS = ("and", "or", "not.and", "not.or")
RESERVED = ("select", "order", "limit", "offset", "columns", "on_conflict")
MOST_PARAMETERS = 500


@dataclass
class Query:
    """A parsed query string. `arguments` is what is no operation: the arguments of a function called by GET."""

    selected: list[Selected] = field(default_factory=lambda: [Selected(None)])
    ordered: list[Ordered] = field(default_factory=list)
    conditions: list[Filter | Logic] = field(default_factory=list)
    arguments: dict[str, str] = field(default_factory=dict)
    reserved: dict[str, str] = field(default_factory=dict)
    columns: list[str] | None = None
    on_conflict: list[str] | None = None

    @property
    def shapes_rows(self) -> bool:
        """Whether it needs to know the columns of a result."""
        return bool(self.conditions or self.ordered or "select" in self.reserved)


def parse_query(query_string: bytes, *, calls_function: bool = False) -> Query:
    """Read a query string. Only when it `calls_function` may a parameter be something else than an operation."""
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
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
        elif calls_function and not is_operation(value):
            query.arguments[key] = value
        else:
            query.conditions.append(parse_filter(key, value))
    _read_reserved(query)
    return query


def _read_reserved(query: Query) -> None:
    reserved = query.reserved
    if "select" in reserved:
        query.selected = parse_select(reserved["select"])
    if "order" in reserved:
        query.ordered = parse_order(reserved["order"])
    if "columns" in reserved:
        query.columns = _parse_names(reserved["columns"], "columns parameter")
    if "on_conflict" in reserved:
        query.on_conflict = _parse_names(reserved["on_conflict"], "on_conflict parameter")


def _parse_names(text: str, parameter: str) -> list[str]:
    scanner = Scanner(text, parameter)
    names = [scanner.name()]
    while scanner.accept(","):
        names.append(scanner.name())
    if not scanner.at_end():
        scanner.fail('expecting ","')
    return list(dict.fromkeys(names))
