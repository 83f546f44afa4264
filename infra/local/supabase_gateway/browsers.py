"""Lets pages of any origin in, as Supabase does: its API gateway (Kong's plugin `cors`) answers preflights.

What an answer shows to a page beyond that is up to the server behind: PostgREST and GoTrue name different headers.
The gateway's own paths are for no page: what others did with it is nobody's business there.
"""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.local.supabase_gateway.request_log import OWN_PATHS

METHODS = ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "CONNECT")
SHOWN_BY_REST = (
    "Content-Encoding",
    "Content-Location",
    "Content-Range",
    "Content-Type",
    "Date",
    "Location",
    "Server",
    "Transfer-Encoding",
    "Range-Unit",
)
SHOWN_BY_AUTH = ("X-Total-Count", "Link", "X-Supabase-Api-Version")


class BrowserAccess:
    """ASGI middleware: CORS by path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._rest = _open_to_all(app, SHOWN_BY_REST)
        self._others = _open_to_all(app, SHOWN_BY_AUTH)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._for(scope)(scope, receive, send)

    def _for(self, scope: Scope) -> ASGIApp:
        if scope["type"] != "http" or scope["path"].startswith(OWN_PATHS):
            return self._app
        return self._rest if scope["path"].startswith("/rest/v1/") else self._others


def _open_to_all(app: ASGIApp, shown: tuple[str, ...]) -> ASGIApp:
    return CORSMiddleware(app, allow_origins=["*"], allow_methods=METHODS, allow_headers=["*"], expose_headers=shown)
