"""`/rest/v1`: what PostgREST answers on Supabase."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.local.supabase_gateway.catalogue import Table
from infra.local.supabase_gateway.rest import calls
from infra.local.supabase_gateway.rest.errors import RestError, unsupported
from infra.local.supabase_gateway.rest.exchange import READ_METHODS, Exchange
from infra.local.supabase_gateway.rest.fragments import Relation, identifier
from infra.local.supabase_gateway.rest.statements import Outcome, Shape, select_statement
from infra.local.supabase_gateway.rest.writes import Write

METHODS = ["GET", "HEAD", "POST", "PATCH", "DELETE", "PUT"]


async def table_endpoint(request: Request) -> Response:
    exchange = await Exchange.begin(request)
    table = await _table(exchange, request.path_params["table"])
    relation = Relation(table.name, identifier("public", table.name), table.columns)
    if request.method == "PUT":
        unsupported("PUT")
    if request.method in READ_METHODS:
        return await _read(exchange, relation)
    if exchange.query.reserved.keys() & {"limit", "offset"}:
        unsupported("A limit on a write")
    return await _write(exchange, Write(exchange, table, relation))


async def function_endpoint(request: Request) -> Response:
    exchange = await Exchange.begin(request, calls_function=True)
    if request.method != "POST":
        raise RestError(405, "PGRST101", f"Cannot use the {request.method} method on RPC")
    given = frozenset(calls.parse_arguments(exchange.body))
    with exchange.database_errors():
        function = await calls.find_function(exchange.gateway.catalogue, request.path_params["function"], given)
    shape = exchange.shape(calls.shape_of(function))
    statement = calls.call_statement(function, given, exchange.body, exchange.query, shape, count=exchange.counts)
    # As in PostgREST, only a function that is declared volatile may write. Its statement timeout is hoisted from the
    # function to the transaction: there it would come too late.
    outcome = await exchange.run(statement, read_only=not function.volatile, timeout=function.statement_timeout)
    if function.returns_void:
        return Response(status_code=204, headers=exchange.applied())
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


async def _read(exchange: Exchange, relation: Relation) -> Response:
    shape: Shape = "nothing" if exchange.request.method == "HEAD" else exchange.shape("rows")
    statement = select_statement(relation, exchange.query, shape, count=exchange.counts)
    return _part(exchange, await exchange.run(statement, read_only=True))


def _part(exchange: Exchange, outcome: Outcome) -> Response:
    query = exchange.query
    headers = {**exchange.applied(), "Content-Range": query.content_range(outcome.rows, outcome.total)}
    return exchange.answer(outcome, query.status(outcome.rows, outcome.total), headers)


async def _write(exchange: Exchange, write: Write) -> Response:
    method = exchange.request.method
    statement = {"POST": write.insert, "PATCH": write.update, "DELETE": write.delete}[method]()
    outcome = await exchange.run(statement, read_only=False)
    part = f"0-{outcome.rows - 1}" if method == "PATCH" and outcome.rows else "*"
    applied = exchange.applied("return", "resolution", "missing") if method == "POST" else exchange.applied("return")
    headers = {**applied, "Content-Range": f"{part}/{outcome.rows if exchange.counts else '*'}"}
    # An upsert that found every row there has made none.
    status = 201 if method == "POST" and outcome.inserted != 0 else 200
    if exchange.shows_written:
        return exchange.answer(outcome, status, headers)
    return Response(status_code=status if method == "POST" else 204, headers=headers)


ROUTES = [
    Route("/", root_endpoint),
    Route("/rpc/{function}", function_endpoint, methods=METHODS),
    Route("/{table}", table_endpoint, methods=METHODS),
]
