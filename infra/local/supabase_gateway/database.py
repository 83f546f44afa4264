"""Connections to PostgreSQL, under the role of whoever asks."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg import AsyncConnection, conninfo
from psycopg.rows import DictRow, dict_row, tuple_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from starlette.requests import Request

from infra.local.supabase_gateway.claims import Caller

MAX_REST_CONNECTIONS = 20
MAX_AUTH_CONNECTIONS = 5
ACQUIRE_WITHIN = 10.0  # seconds; PostgREST's db-pool-acquisition-timeout

# One statement sets up the whole request, as PostgREST does; every setting ends with the transaction.
BECOME = """
select set_config('role', %s, true), set_config('request.jwt.claims', %s, true),
  set_config('request.method', %s, true), set_config('request.path', %s, true),
  set_config('request.headers', %s, true), set_config('transaction_read_only', %s, true)
"""

Connection = AsyncConnection[tuple[object, ...]]


class Database:
    """One database, seen by the REST server as `authenticator` and by the auth server as `supabase_auth_admin`.

    `url` may name any role: what matters is that these two have its password, as `prelude.apply` gives it to them.
    """

    def __init__(self, url: str) -> None:
        self.listener_url = conninfo.make_conninfo(url, user="authenticator")
        self._rest = AsyncConnectionPool(
            self.listener_url,
            kwargs={"autocommit": True, "row_factory": tuple_row, "options": "-c search_path=public,extensions"},
            connection_class=Connection,
            min_size=2,
            max_size=MAX_REST_CONNECTIONS,
            timeout=ACQUIRE_WITHIN,
            open=False,
        )
        self._auth = AsyncConnectionPool(
            conninfo.make_conninfo(url, user="supabase_auth_admin"),
            kwargs={"row_factory": dict_row},
            connection_class=AsyncConnection[DictRow],
            min_size=1,
            max_size=MAX_AUTH_CONNECTIONS,
            timeout=ACQUIRE_WITHIN,
            open=False,
        )

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Meanwhile, connections can be had."""
        async with self._rest, self._auth:
            yield

    @asynccontextmanager
    async def authenticator(self, within: float = ACQUIRE_WITHIN) -> AsyncIterator[Connection]:
        """A connection that may do nothing but read the system catalogue and become another role.

        After `within` seconds without one: `PoolTimeout` if all are in use, `OperationalError` if the database is gone.
        """
        try:
            connection = await self._rest.getconn(within)
        except PoolTimeout:
            await (await AsyncConnection.connect(self.listener_url, connect_timeout=2)).close()
            raise
        try:
            yield connection
        finally:
            await self._rest.putconn(connection)

    @asynccontextmanager
    async def transaction(self, caller: Caller, request: Request, *, read_only: bool) -> AsyncIterator[Connection]:
        """A transaction in which `caller` acts: its role's grants and row level security decide everything."""
        settings = (
            caller.role,
            json.dumps(caller.claims),
            request.method,
            request.url.path,
            json.dumps(dict(request.headers)),
            "on" if read_only else "off",
        )
        async with self.authenticator() as connection, connection.transaction():
            await connection.execute(BECOME, settings)
            yield connection

    @asynccontextmanager
    async def auth(self) -> AsyncIterator[AsyncConnection[DictRow]]:
        """A transaction of the auth server, which owns schema `auth` and sees nothing else."""
        async with self._auth.connection() as connection:
            yield connection
