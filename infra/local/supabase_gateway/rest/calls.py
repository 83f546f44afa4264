"""The statements for functions: `/rest/v1/rpc/<name>`."""

from psycopg import sql

from infra.local.supabase_gateway.catalogue import Catalogue, Function
from infra.local.supabase_gateway.rest.errors import RestError, unsupported
from infra.local.supabase_gateway.rest.exchange import parse_json
from infra.local.supabase_gateway.rest.fragments import Binder, Relation, from_catalogue, identifier
from infra.local.supabase_gateway.rest.query import Query
from infra.local.supabase_gateway.rest.statements import SOURCE, Shape, Statement, answer, page_and_total

ARGUMENTS = identifier("pgrst_arguments")
CALL = identifier("pgrst_call")


async def find_function(catalogue: Catalogue, name: str, given: frozenset[str]) -> Function:
    """The function that takes these arguments; PGRST202 if there is none, PGRST203 if there are several."""
    found = await catalogue.functions(name, given)
    if not found:
        raise _not_found(name, given)
    if len(found) > 1:
        signatures = ", ".join(f"public.{name}({_signature(function)})" for function in found)
        raise RestError(
            300,
            "PGRST203",
            f"Could not choose the best candidate function between: {signatures}",
            hint="Try renaming the parameters or the function itself in the database "
            "so function overloading can be resolved",
        )
    if found[0].variadic:
        unsupported("Calling a variadic function")
    return found[0]


def parse_arguments(body: bytes) -> dict[str, object]:
    """The arguments in the body of a call; none if it is empty."""
    value = parse_json(body) if body.strip() else {}
    if not isinstance(value, dict):
        raise RestError(400, "PGRST102", "The arguments of a function must be an object")
    return value


def call(function: Function, given: frozenset[str], body: bytes, bind: Binder) -> sql.Composed:
    """The call with the arguments of a JSON body, each converted to its type as a column of a row would be."""
    used = [argument for name, argument in function.arguments.items() if name in given]
    named = [sql.SQL("{0} => {1}.{0}").format(identifier(a.name), ARGUMENTS) for a in used]
    alias = sql.SQL("{}" if function.columns is not None else "{}(pgrst_scalar)").format(CALL)
    called = sql.SQL("{}({}) as {}").format(identifier("public", function.name), sql.SQL(", ").join(named), alias)
    if not used:
        return called
    typed = [sql.SQL("{} {}").format(identifier(a.name), from_catalogue(a.type)) for a in used]
    record = sql.SQL("json_to_record({}::json) as {}({}), lateral ").format(
        bind(body.decode("utf-8")), ARGUMENTS, sql.SQL(", ").join(typed)
    )
    return record + called


def call_statement(
    function: Function, given: frozenset[str], body: bytes, query: Query, shape: Shape, *, count: bool
) -> Statement:
    """Call the function once, and show of its rows what the query asks for."""
    bind = Binder()
    source = sql.SQL("select {}.* from {}").format(CALL, call(function, given, body, bind))
    if function.columns is None and query.shapes_rows:
        unsupported("Filtering, ordering or selecting from a function that returns no rows")
    relation = Relation(function.name, SOURCE, function.columns or {})
    page, total = page_and_total(relation, query, bind, count=count)
    return Statement(answer(page, shape, total=total, source=source), bind.values)


def shape_of(function: Function) -> Shape:
    """How a function's result is written as JSON."""
    if function.returns_void:
        return "nothing"
    if function.columns is None:
        return "scalars" if function.returns_set else "scalar"
    return "rows" if function.returns_set else "row"


def _signature(function: Function) -> str:
    return ", ".join(f"{argument.name} => {argument.type}" for argument in function.arguments.values())


def _not_found(name: str, given: frozenset[str]) -> RestError:
    names = ", ".join(sorted(given))
    shown = f"({names})" if given else " without parameters"
    searched = f" with parameter{'s' if len(given) > 1 else ''} {names}" if given else " without parameters"
    return RestError(
        404,
        "PGRST202",
        f"Could not find the function public.{name}{shown} in the schema cache",
        f"Searched for the function public.{name}{searched}, but no matches were found in the schema cache.",
    )
