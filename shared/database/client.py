"""Speaks to PostgREST as the caller or as the service.

`postgrest` is the client that `supabase` itself uses for tables and functions. Importing it alone saves a cold
start some 200 ms: storage, realtime, functions and auth are not needed here.
"""

import os
from typing import Any, Self

import httpx
from postgrest import APIError, SyncPostgrestClient
from postgrest.base_request_builder import APIResponse

from shared.auth.principal import Principal
from shared.database.errors import MISCONFIGURED, domain_error, edge_error
from shared.platform import settings
from shared.platform.errors import DomainError, UnavailableError
from shared.platform.observability import log_fault
from shared.platform.process import keep
from shared.platform.secrets import forget_secret, read_secret
from shared.platform.tls import trusted

# A statement on Supabase ends after 8 s (authenticated) by its own timeout; connecting takes milliseconds.
REQUEST_TIMEOUT = 10.0  # seconds
MAINTENANCE_TIMEOUT = 70.0  # seconds, for functions that set a longer timeout of their own
# Below the idle timeout of Supabase's edge, so that a thawed Lambda does not write into a closed connection.
LIMITS = httpx.Limits(max_keepalive_connections=4, keepalive_expiry=30.0)


@keep
def connections(timeout: float) -> httpx.Client:
    """The connections of this process, kept open between invocations; `timeout` in seconds.

    They say which function it is, for Supabase's logs.
    """
    return httpx.Client(
        headers={"User-Agent": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "hercules")},
        timeout=httpx.Timeout(timeout, connect=3.0),
        transport=httpx.HTTPTransport(verify=trusted(), retries=2, limits=LIMITS),
        event_hooks={"response": [_refuse_foreign]},
    )


def _refuse_foreign(response: httpx.Response) -> None:
    """What Supabase's edge says in PostgREST's place (a page, a 520, a limit) is no result and no error of it."""
    body = response.read()
    if response.is_success and body:
        known = "json" in response.headers.get("content-type", "")
    else:
        known = response.is_success or b'"code"' in body
    if not known:
        raise httpx.HTTPStatusError("not PostgREST", request=response.request, response=response)


def api_headers(api_key: str, token: str = "") -> dict[str, str]:
    """What every service of Supabase asks for: the project's key, and the token of whoever is asking."""
    headers = {"apikey": api_key}
    # New keys (sb_…) are not JWTs; send them only in `apikey`.
    if bearer := token or ("" if api_key.startswith("sb_") else api_key):
        headers["Authorization"] = f"Bearer {bearer}"
    return headers


class Database:
    """PostgREST under one identity. Everything returned is plain JSON; every failure is a DomainError."""

    _is_service = False

    def __init__(self, url: str, api_key: str, token: str = "", timeout: float = REQUEST_TIMEOUT) -> None:
        self._by_user = bool(token)
        self._client = SyncPostgrestClient(
            f"{url.rstrip('/')}/rest/v1",
            headers=api_headers(api_key, token),
            http_client=connections(timeout),
            retry_enabled=False,
        )

    @classmethod
    def as_user(cls, principal: Principal) -> Self:
        """Under the caller's own token: row level security decides what there is."""
        supabase = settings.load(settings.SupabaseSettings)
        return cls(supabase.supabase_url, supabase.supabase_anon_key, principal.token)

    @classmethod
    def as_service(cls, timeout: float = REQUEST_TIMEOUT) -> Self:
        """With the service key, for the functions that check ownership themselves."""
        supabase = settings.load(settings.ServiceKeySettings)
        key = read_secret(supabase.supabase_service_key_parameter)
        service = cls(supabase.supabase_url, key, timeout=timeout)
        service._is_service = True
        return service

    def rpc(self, function: str, **arguments: Any) -> Any:
        """The result of one SQL function, which is one transaction."""
        return self.run(self._client.rpc(function, arguments))

    def table(self, name: str) -> Any:
        """A query builder of postgrest; give what it builds to `run`."""
        return self._client.from_(name)

    def run(self, query: Any) -> Any:
        try:
            response: APIResponse = query.execute()
        except APIError as error:
            raise self._noted(domain_error(error, by_user=self._by_user)) from None
        except httpx.HTTPStatusError as answer:
            raise self._noted(edge_error(answer.response)) from None
        except httpx.HTTPError as fault:
            log_fault("the database did not answer", fault)
            raise UnavailableError(code="database_unavailable") from None
        return response.data

    def _noted(self, error: DomainError) -> DomainError:
        """The error; where it is the service key that is refused, another may have taken its place."""
        if error.reason == MISCONFIGURED and self._is_service:
            forget_secret(settings.load(settings.ServiceKeySettings).supabase_service_key_parameter)
        return error
