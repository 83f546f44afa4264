"""The console's files on this machine, with what it must know of a cloud: as a bucket behind a CDN serves them.

They are made by `npm run build` in clients/console; a page reaches the given origins and no other.
"""

from collections.abc import Sequence
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ASSETS = "/assets/"  # whose names change with their content
A_YEAR = "public, max-age=31536000, immutable"


def create_server(dist: Path, config: dict[str, str], reached: Sequence[str], host: str, port: int) -> uvicorn.Server:
    """On a port of this machine; its `run` serves until SIGTERM or SIGINT."""
    app = create_app(dist, config, reached)
    return uvicorn.Server(
        uvicorn.Config(app, host=host, port=port, log_level="warning", access_log=False, server_header=False)
    )


def create_app(dist: Path, config: dict[str, str], reached: Sequence[str]) -> Starlette:
    """`config` is served as /config.json; `reached` are the origins that a page may speak to."""

    async def configuration(_: Request) -> Response:
        return JSONResponse(config)

    return Starlette(
        routes=[Route("/config.json", configuration), Mount("/", StaticFiles(directory=dist, html=True))],
        middleware=[Middleware(Headers, policy=policy(reached)), Middleware(GZipMiddleware)],
    )


def policy(reached: Sequence[str]) -> str:
    """What a page may load and reach. Styles of elements are set by script, which `style-src` does not hold back."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "font-src 'self'",
            "img-src 'self' blob: data:",
            f"connect-src 'self' {' '.join(reached)}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


class Headers:
    """ASGI middleware: what each answer says of itself."""

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["content-security-policy"] = self._policy
                headers["cache-control"] = A_YEAR if scope["path"].startswith(ASSETS) else "no-cache"
                headers["referrer-policy"] = "no-referrer"
                headers["x-content-type-options"] = "nosniff"
            await send(message)

        await self._app(scope, receive, sending)
