"""Who may ask the emulator for what.

The emulator checks no signature, answers browsers with `*` whatever they ask for, and has the secrets that functions
read. So pages of any origin, and other machines, get only what AWS would show to them: the deployed APIs, and objects
in buckets; pages those as each bucket's CORS rules say. Everything else is for programs on this machine.
"""

import json
from collections.abc import Iterable
from urllib.parse import parse_qs

from ministack import app as emulator
from ministack.core.router import detect_service
from ministack.services import s3
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

APIS = "/_aws/execute-api/"
CORS = b"access-control-"
REFUSAL = "Programs on this machine may ask for this; neither pages nor other machines."


class FrontDoor:
    """ASGI middleware around the emulator."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"].startswith(APIS):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        bucket = _bucket(scope, headers)
        if bucket is None:
            await (_refuse if _is_outside(scope, headers) else self._app)(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await _preflight(bucket, headers)(scope, receive, send)
        else:
            shown = s3.cors_response_headers(bucket, scope["method"], dict(headers))
            await self._app(scope, receive, _sending(send, shown))


def _bucket(scope: Scope, headers: Headers) -> str | None:
    """The bucket that a request is about; None for a request of anything else."""
    if scope["type"] != "http":
        return None
    target = emulator._s3_cors_target(headers.get("host", ""), scope["path"])  # noqa: SLF001 - there is no public one
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    if target and detect_service(scope["method"], scope["path"], dict(headers), query) == "s3":
        return str(target[0])
    return None


def _is_outside(scope: Scope, headers: Headers) -> bool:
    """Whether a page asks, or another machine: what comes from this one has the address that it goes to."""
    client, server = scope["client"], scope["server"]
    return "origin" in headers or client[0] not in ("127.0.0.1", server[0])


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await Response(json.dumps({"message": REFUSAL}), 403, media_type="application/json")(scope, receive, send)


def _preflight(bucket: str, headers: Headers) -> Response:
    status, shown, content = s3.cors_preflight(bucket, "", dict(headers))
    return Response(content, status, {name: value for name, value in shown.items() if name != "Content-Length"})


def _sending(send: Send, shown: dict[str, str]) -> Send:
    """Sends an answer with these CORS headers in the place of the emulator's."""

    async def send_shown(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept: Iterable[tuple[bytes, bytes]] = message.get("headers", [])
            ours = [(name.lower().encode(), value.encode("latin-1")) for name, value in shown.items()]
            message["headers"] = [pair for pair in kept if not pair[0].lower().startswith(CORS)] + ours
        await send(message)

    return send_shown
