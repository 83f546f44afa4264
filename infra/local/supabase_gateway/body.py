"""Reads request bodies, bounded."""

from pydantic_core import from_json
from starlette.requests import Request

from infra.local.supabase_gateway.errors import GatewayError

MAX_BYTES = 10 * 1024 * 1024  # API Gateway's own limit, so nothing that reaches a Lambda is refused here


async def read(request: Request) -> bytes:
    """The whole body; 413 as soon as it is known to exceed MAX_BYTES."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BYTES:
            raise GatewayError(413, {"code": "413", "message": f"The request body is larger than {MAX_BYTES} bytes"})
    return bytes(content)


def parse(content: bytes) -> object:
    """The JSON value of a body; `ValueError` if it is none. NaN and Infinity are none, unlike in Python."""
    return from_json(content, allow_inf_nan=False)
