"""Gives every request an id, and every fault that nobody caught an answer."""

import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.api.problems import render
from shared.platform.errors import DomainError
from shared.platform.observability import log_unhandled, logger
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
        began, status = time.monotonic(), 0

        async def send_identified(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request_id
                headers["Cache-Control"] = "no-store"
            await send(message)

        try:
            await self.app(scope, receive, send_identified)
        except Exception as fault:
            log_unhandled(fault)
            if status:
                raise
            await render(Request(scope), DomainError())(scope, receive, send_identified)
        finally:
            took = round((time.monotonic() - began) * 1000)
            said = {"method": scope["method"], "route": _route(scope), "status": status, "milliseconds": took}
            logger.info("request", extra=said | _known_elsewhere(scope))


def _route(scope: Scope) -> str | None:
    """Without the ids and names in it, which are the client's; None where there is no such route."""
    return getattr(scope.get("route"), "path", None)


def _known_elsewhere(scope: Scope) -> dict[str, str]:
    """The ids that the gateway's log, and Lambda's own lines such as "Task timed out", have of this request."""
    event: JsonObject = scope.get("aws.event") or {}
    gateway = event.get("requestContext", {}).get("requestId", "")
    return {
        "gateway_request_id": gateway,
        "function_request_id": getattr(scope.get("aws.context"), "aws_request_id", ""),
    }


def _request_id(scope: Scope) -> str:
    """The client's own id where it is harmless, else API Gateway's, else a new one."""
    sent = Headers(scope=scope).get(REQUEST_ID, "")
    if _ACCEPTABLE.fullmatch(sent):
        return sent
    event: JsonObject = scope.get("aws.event") or {}
    return str(event.get("requestContext", {}).get("requestId") or uuid.uuid4())
