"""Dependencies that FastAPI injects into routes: the caller, the database, the time left, the idempotency key.

Coroutines, although they wait for nothing: each plain function would be run in a thread of its own, which takes longer
than what it does. A function serves one request at a time, so that nobody waits for the few that read a key first.
"""

from datetime import date
from typing import Annotated

from fastapi import Depends, Header, Query, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from shared.auth.operators import require_operator
from shared.auth.principal import Principal
from shared.auth.tokens import verifier
from shared.database.client import Database
from shared.database.paging import CURSOR_PATTERN, Position
from shared.platform.deadline import Deadline
from shared.platform.errors import UnauthorizedError
from shared.platform.idempotency import Idempotency
from shared.platform.period import Period
from shared.platform.request_body import Day

_bearer = HTTPBearer(auto_error=False, description="Access token of Supabase Auth")
_apikey = APIKeyHeader(name="apikey", scheme_name="apikey", auto_error=False, description="The service key of Supabase")
WITHOUT_LAMBDA = 30.0  # seconds; where the app runs outside of Lambda, as in tests


async def current_user(sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Principal:
    if sent is None:
        raise UnauthorizedError
    return verifier().verify(sent.credentials)


CurrentUser = Annotated[Principal, Depends(current_user)]


async def operator(
    sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    apikey: Annotated[str | None, Depends(_apikey)],
) -> Database:
    """The database as the service, for an operator."""
    credential = apikey or (sent.credentials if sent else "")
    if not credential:
        raise UnauthorizedError
    require_operator(credential)
    return Database.as_service()


async def user_database(user: CurrentUser) -> Database:
    return Database.as_user(user)


async def service_database(user: CurrentUser) -> Database:  # noqa: ARG001 - nobody reaches the service key unauthenticated
    return Database.as_service()


async def idempotency(
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=255,
            pattern=r"^[\x20-\x7e]+$",
            description="Repeating a request with the same key and body has no second effect, for 24 hours.",
        ),
    ] = None,
) -> Idempotency:
    return Idempotency(key)


async def deadline(request: Request) -> Deadline:
    context = request.scope.get("aws.context")
    return Deadline.of(context) if context else Deadline.after(WITHOUT_LAMBDA)


async def respond_async(
    prefer: Annotated[
        str, Header(alias="Prefer", description="`respond-async`: answer 202 at once, run the turn in the background.")
    ] = "",
) -> bool:
    return "respond-async" in {preference.strip().lower() for preference in prefer.split(",")}


async def position(
    cursor: Annotated[
        str | None,
        Query(
            max_length=200,
            description="`next_cursor` of the page before.",
            json_schema_extra={"pattern": CURSOR_PATTERN},  # told only: what is no cursor is refused as bad_cursor
        ),
    ] = None,
) -> Position | None:
    return None if cursor is None else Position.decode(cursor)


async def period(
    first: Annotated[date | None, Day, Query(alias="from", description="Day in UTC; else 29 before the last.")] = None,
    last: Annotated[date | None, Day, Query(alias="until", description="Day in UTC; else today.")] = None,
) -> Period:
    return Period.of(first, last)


OperatorDatabase = Annotated[Database, Depends(operator)]
UserDatabase = Annotated[Database, Depends(user_database)]
ServiceDatabase = Annotated[Database, Depends(service_database)]
IdempotencyHeader = Annotated[Idempotency, Depends(idempotency)]
TimeLeft = Annotated[Deadline, Depends(deadline)]
RespondAsync = Annotated[bool, Depends(respond_async)]
OfPeriod = Annotated[Period, Depends(period)]
Cursor = Annotated[Position | None, Depends(position)]
Limit = Annotated[int, Query(ge=1, le=100, description="Size of a page.")]
