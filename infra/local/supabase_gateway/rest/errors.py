"""PostgREST's errors: {code, message, details, hint} and a status.

Codes and statuses are those of https://docs.postgrest.org/en/v13/references/errors.html.
"""

import re
from typing import Never

import psycopg
from psycopg_pool import PoolTimeout

from infra.local.supabase_gateway.claims import TokenRefusedError
from infra.local.supabase_gateway.errors import GatewayError

# The longest matching prefix of an SQLSTATE gives the status; 400 for all others.
SQLSTATES_BY_STATUS = {
    400: "P0001",
    403: "0L 0P 28",
    404: "42883 42P01",
    405: "25006",
    409: "23503 23505",
    500: "09 21 25 2D 38 39 3B 40 42P17 53400 54 55 57 58 F0 HV P0 XX",
    503: "08 53 57P01 57P02 57P03",
}
STATUS_BY_SQLSTATE = {prefix: status for status, prefixes in SQLSTATES_BY_STATUS.items() for prefix in prefixes.split()}


class RestError(GatewayError):
    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: str | None = None,
        hint: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        body: dict[str, object] = {"code": code, "message": message, "details": details, "hint": hint}
        # What a HEAD request, whose answer has no body, can know of its error.
        super().__init__(status, body, {"Proxy-Status": f"PostgREST; error={code}", **(headers or {})})


def unsupported(feature: str) -> Never:
    """Refuse what PostgREST can do and this gateway does not: better no answer than a wrong one."""
    hint = "The local Supabase gateway refuses what it would not answer exactly as PostgREST does."
    raise RestError(501, "PGRST127", "Feature not implemented", f"{feature} is not implemented here", hint)


def from_token(refused: TokenRefusedError) -> RestError:
    """The error for a bearer token that was refused."""
    challenge = f'Bearer error="invalid_token", error_description="{refused.message}"'
    code = "PGRST303" if refused.decoded else "PGRST301"
    return RestError(401, code, refused.message, headers={"WWW-Authenticate": challenge})


def from_database(error: psycopg.Error, role: str) -> RestError:
    """The error for one that PostgreSQL, or the connection to it, raised for a caller of that role."""
    if isinstance(error, PoolTimeout):
        return RestError(504, "PGRST003", "Timed out acquiring connection from connection pool.")
    if error.sqlstate is None and isinstance(error, psycopg.DataError):
        return RestError(400, "22021", str(error))  # a NUL character, refused before it is sent
    if error.sqlstate is None:
        return RestError(503, "PGRST001", "Database client error. Retrying the connection.")
    message = error.diag.message_primary or ""
    status = _status(error.sqlstate, message, anonymous=role == "anon")
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return RestError(status, error.sqlstate, message, error.diag.message_detail, error.diag.message_hint, headers)


def _status(sqlstate: str, message: str, *, anonymous: bool) -> int:
    if sqlstate.startswith("PT"):  # a function chose it: raise sqlstate 'PT404'
        return int(sqlstate[2:]) if re.fullmatch(r"[2-5]\d\d", sqlstate[2:]) else 500
    if sqlstate == "42501":
        return 401 if anonymous else 403
    if sqlstate == "22023" and re.fullmatch("role .* does not exist", message):
        return 401
    prefixes = (sqlstate[:length] for length in (5, 2))
    return next((STATUS_BY_SQLSTATE[prefix] for prefix in prefixes if prefix in STATUS_BY_SQLSTATE), 400)
