"""One REST request and its answer: who asks and what for, and how an outcome becomes a response."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import psycopg
from starlette.requests import Request
from starlette.responses import Response

from infra.local.supabase_gateway import body, claims
from infra.local.supabase_gateway.claims import Caller, TokenRefusedError
from infra.local.supabase_gateway.rest import errors, negotiation
from infra.local.supabase_gateway.rest.errors import RestError
from infra.local.supabase_gateway.rest.negotiation import Preferences
from infra.local.supabase_gateway.rest.query import Query, parse_query
from infra.local.supabase_gateway.rest.statements import Outcome, Shape, Statement
from infra.local.supabase_gateway.rest.window import Window, parse_window
from infra.local.supabase_gateway.state import Gateway, gateway_of

BODY_METHODS = ("POST", "PATCH")


@dataclass(frozen=True)
class Exchange:
    """A request whose caller is known and whose every header and parameter is understood."""

    request: Request
    gateway: Gateway
    caller: Caller
    query: Query
    preferences: Preferences
    wants_object: bool
    calls_function: bool
    body: bytes

    @classmethod
    async def begin(cls, request: Request, *, calls_function: bool = False) -> Self:
        """Read a request; raises whatever is wrong with it."""
        gateway = gateway_of(request)
        try:
            caller = claims.caller(request, gateway.verifier)
        except TokenRefusedError as refused:
            raise errors.from_token(refused) from None
        has_body = request.method in BODY_METHODS
        negotiation.check_request(request.headers, has_body=has_body)
        in_query = calls_function and not has_body
        return cls(
            request,
            gateway,
            caller,
            parse_query(request.scope["query_string"], calls_function=in_query),
            negotiation.parse_preferences(request.headers),
            negotiation.wants_object(request.headers),
            calls_function,
            await body.read(request) if has_body else b"",
        )

    @property
    def is_head(self) -> bool:
        """Whether only the headers of the answer are wanted."""
        return self.request.method == "HEAD"

    @property
    def window(self) -> Window:
        """The part of the result that is asked for."""
        return parse_window(self.query.reserved, self.request.headers.get("range"))

    def shape(self, shape: Shape) -> Shape:
        """How the answer is written, when it would be `shape` for a request without special wishes."""
        singular: dict[Shape, Shape] = {"rows": "row", "scalars": "scalar"}
        return singular.get(shape, shape) if self.wants_object else shape

    async def run(self, statement: Statement, *, read_only: bool, timeout: str | None = None) -> Outcome:
        """Execute a statement as the caller, and undo it if its outcome is not what the request insists on.

        `timeout` is the statement's, as PostgreSQL writes it; that of the role where there is none.
        """
        transaction = self.gateway.database.transaction(self.caller, self.request, read_only=read_only)
        with self.database_errors():
            async with transaction as connection:
                if timeout:
                    await connection.execute("select set_config('statement_timeout', %s, true)", (timeout,))
                outcome = await statement.run(connection)
                self._check(outcome)
        return outcome

    @contextlib.contextmanager
    def database_errors(self) -> Iterator[None]:
        """Turns what the database refuses this caller into a `RestError`."""
        try:
            yield
        except psycopg.Error as error:
            raise errors.from_database(error, self.caller.role) from error

    def answer(self, outcome: Outcome, status: int, headers: dict[str, str]) -> Response:
        """The response with the outcome's body."""
        media = negotiation.OBJECT if self.wants_object else negotiation.JSON
        content = None if self.is_head else outcome.body
        return Response(content, status, headers, media_type=f"{media}; charset=utf-8")

    def _check(self, outcome: Outcome) -> None:
        reads = self.calls_function or self.request.method in ("GET", "HEAD")
        shows_rows = reads or self.preferences.returning == "representation"
        if self.wants_object and shows_rows and outcome.rows != 1:
            message = "Cannot coerce the result to a single JSON object"
            raise RestError(406, "PGRST116", message, f"The result contains {outcome.rows} rows")
        limit = self.preferences.max_affected
        if limit is not None and outcome.rows > limit and self.request.method in ("PATCH", "DELETE"):
            message = "Query result exceeds max-affected preference constraint"
            raise RestError(400, "PGRST124", message, f"The query affects {outcome.rows} rows")
