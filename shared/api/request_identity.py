"""Gives every request an id, and every fault that nobody caught an answer."""

import re
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.api.problems import render
from shared.platform.errors import DomainError
from shared.platform.observability import log_fault, logger
from shared.platform.text import JsonObject

REQUEST_ID = "X-Request-Id"
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,128}")


class RequestIdentity:
    """ASGI middleware. The id goes into every log line, every problem and the answer's X-Request-Id."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        logger.set_correlation_id(request_id)
        begun = False

        async def send_identified(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request_id
                headers["Cache-Control"] = "no-store"
            await send(message)

        try:
            await self.app(scope, receive, send_identified)
        except Exception as fault:
            log_fault("unhandled", fault)
            if begun:
                raise
            await render(Request(scope), DomainError())(scope, receive, send_identified)


def _request_id(scope: Scope) -> str:
    """The client's own id where it is harmless, else API Gateway's, else a new one."""
    sent = Headers(scope=scope).get(REQUEST_ID, "")
    if _ACCEPTABLE.fullmatch(sent):
        return sent
    event: JsonObject = scope.get("aws.event") or {}
    return str(event.get("requestContext", {}).get("requestId") or uuid.uuid4())
