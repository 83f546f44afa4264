"""Reads request bodies, bounded."""

import json
from typing import Never

from starlette.requests import Request

from infra.local.supabase_gateway.errors import BodyTooLargeError

LIMIT = 10 * 1024 * 1024  # bytes; API Gateway's own limit, so nothing that reaches a Lambda is refused here


async def read(request: Request) -> bytes:
    """The whole body; `BodyTooLargeError` as soon as it is known to exceed LIMIT."""
    if int(request.headers.get("content-length", 0)) > LIMIT:
        raise BodyTooLargeError(LIMIT)
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > LIMIT:
            raise BodyTooLargeError(LIMIT)
    return bytes(chunks)


def parse(body: bytes) -> object:
    """The JSON value of `body`; `ValueError` if it is none. NaN and Infinity are none, unlike in Python."""
    try:
        return json.loads(body, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse(constant: str) -> Never:
    raise ValueError(f"{constant} is not JSON")
