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
    """The newest KEPT requests, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, object]] = deque(maxlen=KEPT)

    def routes(self) -> list[Route]:
        """GET shows the list, DELETE empties it."""
        return [
            Route("/local/requests", self._show, methods=["GET"]),
            Route("/local/requests", self._clear, methods=["DELETE"]),
        ]

    async def _show(self, _: Request) -> Response:
        return JSONResponse(list(self._entries))

    async def _clear(self, _: Request) -> Response:
        self._entries.clear()
        return Response(status_code=204)

    def add(self, scope: Scope, status: int) -> None:
        """Note a request, before its first byte is answered: whoever has an answer finds it here."""
        caller: Caller | None = scope.get("caller")
        entry = {
            "method": scope["method"],
            "path": scope["path"],
            "role": caller.role if caller else None,
            "sub": caller.subject if caller else None,
            "agent": Headers(scope=scope).get("user-agent"),
            "status": status,
            "at": datetime.now(UTC).isoformat(),
        }
        self._entries.append(entry)


class RequestLogMiddleware:
    """Puts every request but those about the gateway itself into the log."""

    def __init__(self, app: ASGIApp, log: RequestLog) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI entry point."""
        if scope["type"] != "http" or scope["path"].startswith(OWN_PATHS):
            await self._app(scope, receive, send)
            return

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._log.add(scope, message["status"])
            await send(message)

        await self._app(scope, receive, send_and_note)
