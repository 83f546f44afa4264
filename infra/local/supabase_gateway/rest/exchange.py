"""One REST request and its answer: who asks, what its headers ask for, and how an outcome becomes a response."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import psycopg
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from infra.local.supabase_gateway import body, claims
from infra.local.supabase_gateway.claims import Caller, TokenRefusedError
from infra.local.supabase_gateway.rest import errors
from infra.local.supabase_gateway.rest.errors import RestError, unsupported
from infra.local.supabase_gateway.rest.query import Query, parse_query
from infra.local.supabase_gateway.rest.statements import Outcome, Shape, Statement
from infra.local.supabase_gateway.state import Gateway, gateway_of

READ_METHODS = ("GET", "HEAD")
BODY_METHODS = ("POST", "PATCH")
JSON = "application/json"
OBJECT = "application/vnd.pgrst.object+json"
ARRAY = "application/vnd.pgrst.array+json"
UNSUPPORTED_MEDIA = ("text/csv", "application/geo+json", "application/vnd.pgrst.plan")
SCHEMA = "public"

# The values that a preference may have.
PREFERENCES = {
    "return": ("minimal", "representation"),
    "count": ("exact", "planned", "estimated"),  # all of them exact here: an estimate may be
    "resolution": ("merge-duplicates", "ignore-duplicates"),
    "missing": ("null", "default"),
    "handling": ("strict", "lenient"),
    "tx": ("commit", "rollback"),  # known, and as on Supabase without effect: transactions are committed
}
UNSUPPORTED_PREFERENCES = ("timezone=", "params=", "return=headers-only", "max-affected=")


@dataclass(frozen=True)
class Exchange:
    """A request whose caller is known and whose every header and parameter is understood."""

    request: Request
    gateway: Gateway
    caller: Caller
    query: Query
    preferences: dict[str, str]
    wants_object: bool
    calls_function: bool
    body: bytes

    @classmethod
    async def begin(cls, request: Request, *, calls_function: bool = False) -> Self:
        """Read a request; raises whatever is wrong with it."""
        gateway = gateway_of(request)
        try:
            caller = claims.caller(request, gateway.keys)
        except TokenRefusedError as refused:
            raise errors.from_token(refused) from None
        if calls_function and request.method in READ_METHODS:
            unsupported("Calling a function by GET")
        has_body = request.method in BODY_METHODS
        _check_headers(request.headers, has_body=has_body)
        return cls(
            request,
            gateway,
            caller,
            parse_query(request.scope["query_string"]),
            _preferences(request.headers),
            _wants_object(request.headers),
            calls_function,
            await body.read(request) if has_body else b"",
        )

    @property
    def counts(self) -> bool:
        return "count" in self.preferences

    @property
    def shows_written(self) -> bool:
        """Whether a write answers with the rows that were written."""
        return self.preferences.get("return") == "representation"

    def applied(self, *names: str) -> dict[str, str]:
        """The Preference-Applied header for the preferences that mattered to a request."""
        parts = [
            f"{name}={self.preferences[name]}" for name in (*names, "count", "handling") if name in self.preferences
        ]
        return {"Preference-Applied": ", ".join(parts)} if parts else {}

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
        media = OBJECT if self.wants_object else JSON
        return Response(outcome.body, status, headers, media_type=f"{media}; charset=utf-8")

    def _check(self, outcome: Outcome) -> None:
        reads = self.calls_function or self.request.method in READ_METHODS
        if self.wants_object and (reads or self.shows_written) and outcome.rows != 1:
            message = "Cannot coerce the result to a single JSON object"
            raise RestError(406, "PGRST116", message, f"The result contains {outcome.rows} rows")


def parse_json(content: bytes) -> object:
    """A body's value; PGRST102 if it is not JSON."""
    try:
        return body.parse(content)
    except ValueError:
        raise RestError(400, "PGRST102", "Empty or invalid json") from None


def _preferences(headers: Headers) -> dict[str, str]:
    """Read the Prefer headers. The first of a kind counts; unknown ones are an error only in strict handling."""
    given = [part.strip() for line in headers.getlist("prefer") for part in line.split(",")]
    chosen: dict[str, str] = {}
    others: list[str] = []
    for part in filter(None, given):
        name, _, value = part.partition("=")
        if part.startswith(UNSUPPORTED_PREFERENCES):
            unsupported(f"The preference {part}")
        if value in PREFERENCES.get(name, ()):
            chosen.setdefault(name, value)
        else:
            others.append(part)
    if others and chosen.get("handling") == "strict":
        message = "Invalid preferences given with handling=strict"
        raise RestError(400, "PGRST122", message, f"Invalid preferences: {', '.join(others)}")
    return chosen


def _wants_object(headers: Headers) -> bool:
    """Whether the answer is to be one object instead of an array; 406 if neither is acceptable."""
    accepted = [part.strip().lower() for part in headers.get("accept", "*/*").split(",")]
    for media in accepted:
        name, _, parameters = media.partition(";")
        if "nulls=stripped" in parameters or name.startswith(UNSUPPORTED_MEDIA):
            unsupported(f"The media type {media}")
        if name in (OBJECT, JSON, ARRAY, "*/*", "application/*"):
            return name == OBJECT
    message = f"None of these media types are available: {', '.join(accepted)}"
    raise RestError(406, "PGRST107", message)


def _check_headers(headers: Headers, *, has_body: bool) -> None:
    """Refuse another schema than `public`, a body that is not JSON, and a Range header."""
    schema = headers.get("content-profile" if has_body else "accept-profile", SCHEMA)
    if schema != SCHEMA:
        hint = f"Only the following schemas are exposed: {SCHEMA}"
        raise RestError(406, "PGRST106", f"Invalid schema: {schema}", hint=hint)
    media = headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if has_body and media != JSON:
        raise RestError(415, "PGRST102", f"Content-Type not acceptable: {media}")
    if "range" in headers:
        unsupported("A Range header; limit and offset say the same")
