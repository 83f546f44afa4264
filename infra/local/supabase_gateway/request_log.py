"""Remembers which requests were served, so that tests can count what a caller did. Never bodies or tokens."""

from collections import deque
from datetime import UTC, datetime

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.local.supabase_gateway.claims import Caller

KEPT = 2000
OWN_PATHS = ("/local/", "/health")


class RequestLog:
    """The newest KEPT requests, oldest first; those about the gateway itself are left out."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, object]] = deque(maxlen=KEPT)

    def route(self) -> Route:
        """GET shows the list, DELETE empties it."""
        return Route("/local/requests", self._show_or_clear, methods=["GET", "DELETE"])

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """Notes each request before its first byte is answered: whoever has an answer finds it here."""

        async def logged(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_and_note(message: Message) -> None:
                if message["type"] == "http.response.start" and not scope["path"].startswith(OWN_PATHS):
                    self._add(scope, message["status"])
                await send(message)

            await app(scope, receive, send_and_note)

        return logged

    async def _show_or_clear(self, request: Request) -> Response:
        if not request.client or request.client.host not in ("127.0.0.1", request.scope["server"][0]):
            return Response(status_code=404)  # another machine, where the gateway listens to its network
        if request.method == "GET":
            return JSONResponse(list(self._entries))
        self._entries.clear()
        return Response(status_code=204)

    def _add(self, scope: Scope, status: int) -> None:
        caller: Caller | None = scope.get("caller")
        self._entries.append(
            {
                "method": scope["method"],
                "path": scope["path"],
                "role": caller.role if caller else None,
                "sub": caller.subject if caller else None,
                "agent": Headers(scope=scope).get("user-agent"),
                "status": status,
                "at": datetime.now(UTC).isoformat(),
            }
        )
