"""`/rest/v1`: what PostgREST answers on Supabase."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.local.supabase_gateway.catalogue import Function, Table
from infra.local.supabase_gateway.rest import calls
from infra.local.supabase_gateway.rest.errors import RestError, unsupported
from infra.local.supabase_gateway.rest.exchange import Exchange
from infra.local.supabase_gateway.rest.fields import Binder, Relation
from infra.local.supabase_gateway.rest.payload import parse_changes, parse_rows
from infra.local.supabase_gateway.rest.quoting import identifier
from infra.local.supabase_gateway.rest.statements import Outcome, Shape, Statement, select_statement
from infra.local.supabase_gateway.rest.writes import Write

METHODS = ["GET", "HEAD", "POST", "PATCH", "DELETE", "PUT"]


async def table_endpoint(request: Request) -> Response:
    """Read from or write to a table or view."""
    exchange = await Exchange.begin(request)
    table = await _table(exchange, request.path_params["table"])
    relation = Relation(table.name, identifier("public", table.name), table.columns)
    if request.method == "PUT":
        unsupported("PUT")
    if request.method in ("GET", "HEAD"):
        return await _read(exchange, relation)
    if exchange.query.reserved.keys() & {"limit", "offset"}:
        unsupported("A limit on a write")
    shape: Shape = "rows" if exchange.preferences.returning == "representation" else "nothing"
    if exchange.preferences.returning == "headers-only":
        shape = "row"
    write = Write(table, relation, exchange.query, exchange.preferences, exchange.shape(shape))
    return await WRITES[request.method](exchange, write)


async def function_endpoint(request: Request) -> Response:
    """Call a function."""
    exchange = await Exchange.begin(request, calls_function=True)
    if request.method not in ("GET", "HEAD", "POST"):
        raise RestError(405, "PGRST101", f"Cannot use the {request.method} method on RPC")
    function, statement = await _call(exchange, request.path_params["function"])
    # As PostgREST does, only a function declared volatile may write, and never in answer to a GET.
    read_only = request.method != "POST" or not function.volatile
    # PostgREST hoists it from the function to the transaction: there it would come too late.
    outcome = await exchange.run(statement, read_only=read_only, timeout=function.statement_timeout)
    if function.returns_void:
        return Response(status_code=204, headers=exchange.preferences.applied())
    return _part(exchange, outcome)


async def root_endpoint(request: Request) -> Response:
    """PostgREST's OpenAPI document, which nothing here needs."""
    await Exchange.begin(request)
    return unsupported("The OpenAPI description")


async def _table(exchange: Exchange, name: str) -> Table:
    with exchange.database_errors():
        table = await exchange.gateway.catalogue.table(name)
    if table is None:
        raise RestError(404, "PGRST205", f"Could not find the table 'public.{name}' in the schema cache")
    return table


async def _call(exchange: Exchange, name: str) -> tuple[Function, Statement]:
    by_post = exchange.request.method == "POST"
    arguments = calls.parse_arguments(exchange.body) if by_post else exchange.query.arguments
    given = frozenset(arguments)
    with exchange.database_errors():
        function = await calls.find_function(exchange.gateway.catalogue, name, given)
    bind = Binder()
    if by_post:
        call = calls.json_arguments(function, given, exchange.body, bind)
    else:
        call = calls.text_arguments(function, exchange.query.arguments, bind)
    shape: Shape = "nothing" if exchange.is_head else exchange.shape(calls.shape_of(function))
    count = exchange.preferences.count
    statement = calls.call_statement(function, call, exchange.query, exchange.window, bind, shape, count=count)
    return function, statement


async def _read(exchange: Exchange, relation: Relation) -> Response:
    shape: Shape = "nothing" if exchange.is_head else exchange.shape("rows")
    count = exchange.preferences.count
    statement = select_statement(relation, exchange.query, exchange.window, shape, count=count)
    return _part(exchange, await exchange.run(statement, read_only=True))


def _part(exchange: Exchange, outcome: Outcome) -> Response:
    window = exchange.window
    content_range = window.content_range(outcome.rows, outcome.total)
    headers = {**exchange.preferences.applied(), "Content-Range": content_range}
    return exchange.answer(outcome, window.status(outcome.rows, outcome.total), headers)


async def _insert(exchange: Exchange, write: Write) -> Response:
    payload = parse_rows(exchange.body, write.table, exchange.query)
    outcome = await exchange.run(write.insert(payload), read_only=False)
    headers = {
        **exchange.preferences.applied("return", "resolution", "missing"),
        "Content-Range": f"*/{outcome.rows if exchange.preferences.count else '*'}",
    }
    status = 200 if outcome.inserted == 0 else 201
    if exchange.preferences.returning == "headers-only":
        return Response(status_code=status, headers={**headers, **_location(write.table, outcome)})
    return _written(exchange, outcome, status, headers)


async def _update(exchange: Exchange, write: Write) -> Response:
    payload = parse_changes(exchange.body, write.table, exchange.query)
    outcome = await exchange.run(write.update(payload), read_only=False)
    shown = f"0-{outcome.rows - 1}" if outcome.rows else "*"
    headers = {
        **exchange.preferences.applied("return"),
        "Content-Range": f"{shown}/{outcome.rows if exchange.preferences.count else '*'}",
    }
    return _written(exchange, outcome, 204, headers)


async def _delete(exchange: Exchange, write: Write) -> Response:
    outcome = await exchange.run(write.delete(), read_only=False)
    headers = {
        **exchange.preferences.applied("return"),
        "Content-Range": f"*/{outcome.rows if exchange.preferences.count else '*'}",
    }
    return _written(exchange, outcome, 204, headers)


def _written(exchange: Exchange, outcome: Outcome, status: int, headers: dict[str, str]) -> Response:
    if exchange.preferences.returning == "representation":
        return exchange.answer(outcome, 200 if status == 204 else status, headers)
    return Response(status_code=status, headers=headers)


def _location(table: Table, outcome: Outcome) -> dict[str, str]:
    if outcome.rows != 1 or not table.primary_key:
        return {}
    key: dict[str, Any] = json.loads(outcome.body)
    parts = [f"{quote(name)}=eq.{quote(str(value))}" for name, value in key.items()]
    return {"Location": f"/{quote(table.name)}?{'&'.join(parts)}"}


WRITES: dict[str, Callable[[Exchange, Write], Awaitable[Response]]] = {
    "POST": _insert,
    "PATCH": _update,
    "DELETE": _delete,
}

ROUTES = [
    Route("/", root_endpoint),
    Route("/rpc/{function}", function_endpoint, methods=METHODS),
    Route("/{table}", table_endpoint, methods=METHODS),
]
