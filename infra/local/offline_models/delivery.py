"""Sending an answer the way a test wants it sent, and noticing a client that leaves."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import anyio
from starlette.types import Receive, Scope, Send

from infra.local.offline_models.behaviours import Plan
from infra.local.offline_models.request_log import Record

DONE = b"data: [DONE]\n\n"


def encoded(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def event(body: Any, name: str = "") -> bytes:
    return (f"event: {name}\n" if name else "").encode() + b"data: " + encoded(body) + b"\n\n"


def request_id() -> dict[str, str]:
    """The header by which a provider finds a request again."""
    return {"x-request-id": f"req_{uuid4().hex}"}


@dataclass(frozen=True)
class Reply:
    """A whole answer: one part of JSON, or the events of a stream."""

    parts: tuple[bytes, ...]
    status: int = 200
    streamed: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        kind = "text/event-stream; charset=utf-8" if self.streamed else "application/json"
        headers = {"content-type": kind, **request_id(), **self.headers}
        if not self.streamed:
            headers["content-length"] = str(sum(map(len, self.parts)))
        return [(name.encode(), value.encode()) for name, value in headers.items()]

    def broken(self) -> "Reply":
        """Its JSON, or that of a stream's second event, breaks off in the middle."""
        if not self.streamed:
            return replace(self, parts=(self.parts[0][: len(self.parts[0]) // 2],))
        first, second, *_, last = self.parts
        return replace(self, parts=(first, second[: len(second) // 2] + b"\n\n", *([last] if last == DONE else [])))


class Delivery:
    """An ASGI response that carries a reply out under a plan, and keeps the record."""

    def __init__(self, reply: Reply, plan: Plan, record: Record) -> None:
        self._reply = reply
        self._plan = plan
        self._record = record
        self._over = False

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(self._watch, receive, group.cancel_scope)
            await self._send(send)
            group.cancel_scope.cancel()

    async def _watch(self, receive: Receive, sending: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        # the server says "disconnect" behind a complete answer, too
        self._record.aborted = not self._over
        sending.cancel()

    async def _send(self, send: Send) -> None:
        if self._plan.delay:
            await anyio.sleep(self._plan.delay.seconds)
        if self._plan.hang:
            await anyio.sleep_forever()
        self._record.status = status = self._reply.status
        await send({"type": "http.response.start", "status": status, "headers": self._reply.raw_headers()})
        await (self._stream(send) if self._reply.streamed else self._whole(send))

    async def _whole(self, send: Send) -> None:
        body = b"".join(self._reply.parts)
        self._over = True
        if self._plan.cut:
            # content-length promised the rest: returning without it makes the server close the connection
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            return
        await send({"type": "http.response.body", "body": body})

    async def _stream(self, send: Send) -> None:
        pace, cut = self._plan.pace, self._plan.cut
        for number, part in enumerate(self._reply.parts):
            if cut and number == cut.after:
                self._over = True
                return  # without the empty chunk that ends a chunked response
            if pace:
                await anyio.sleep(pace.seconds if number else pace.first_delay)
            self._record.chunks_sent += 1
            self._over = number == len(self._reply.parts) - 1
            await send({"type": "http.response.body", "body": part, "more_body": not self._over})
