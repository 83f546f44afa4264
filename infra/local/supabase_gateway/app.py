"""Supabase's gateway: one address for its REST and auth servers."""

import contextlib
from collections.abc import AsyncIterator

import psycopg
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from infra.local.processes import HOST
from infra.local.supabase_gateway.auth import routes as auth
from infra.local.supabase_gateway.browsers import BrowserAccess
from infra.local.supabase_gateway.catalogue import Catalogue
from infra.local.supabase_gateway.database import Database
from infra.local.supabase_gateway.errors import GatewayError
from infra.local.supabase_gateway.keys import Keys
from infra.local.supabase_gateway.request_log import RequestLog
from infra.local.supabase_gateway.rest import routes as rest
from infra.local.supabase_gateway.state import Gateway, gateway_of

GRACE = 5  # seconds that requests under way get when the gateway is ended


def create_server(database_url: str, keys: Keys, port: int, host: str = HOST) -> uvicorn.Server:
    """The gateway on a port of this machine; its `run` serves until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        create_app(database_url, keys, f"http://{host}:{port}"),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,  # query strings hold what users store
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    return uvicorn.Server(config)


def create_app(database_url: str, keys: Keys, public_url: str) -> Starlette:
    """The ASGI application for one database; it connects when it is started, not before."""
    database = Database(database_url)
    gateway = Gateway(keys, database, Catalogue(database), public_url)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.gateway = gateway
        async with database.connected(), gateway.catalogue.listening():
            yield

    log = RequestLog()
    return Starlette(
        routes=[
            Route("/health", health),
            log.route(),
            Route("/.well-known/jwks.json", auth.jwks),
            Mount("/rest/v1", routes=rest.ROUTES),
            Mount("/auth/v1", routes=auth.ROUTES),
        ],
        middleware=[Middleware(BrowserAccess), Middleware(log.middleware)],
        exception_handlers={
            GatewayError: _refused,
            HTTPException: _not_served,
            psycopg.Error: _database_failed,
        },
        lifespan=lifespan,
    )


async def health(request: Request) -> Response:
    """200 when the database answers, 503 when it does not."""
    try:
        async with gateway_of(request).database.authenticator(within=2) as connection:
            await connection.execute("select 1")
    except psycopg.Error:
        return JSONResponse({"status": "unavailable"}, 503)
    return JSONResponse({"status": "ok"})


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, GatewayError)  # noqa: S101 - it is registered for nothing else
    return error.response


async def _not_served(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for nothing else
    served = request.url.path.startswith(("/rest/v1", "/auth/v1", "/local", "/health"))
    status = error.status_code if served else 501
    message = error.detail if served else "The local Supabase gateway has REST and Auth only"
    return JSONResponse({"code": str(status), "message": message}, status, headers=error.headers)


async def _database_failed(_: Request, __: Exception) -> Response:
    body = {"code": 500, "error_code": "unexpected_failure", "msg": "Database error"}
    return JSONResponse(body, 500)
