"""$default: what a client sends through its socket."""

import json
from typing import Any

from shared.platform.errors import InvalidRequestError
from shared.platform.observability import logger
from shared.realtime.connections import answered


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    """A ping keeps the socket open: API Gateway closes it after ten silent minutes."""

    def reply() -> str:
        if _type(event.get("body")) != "ping":
            raise InvalidRequestError(code="unknown_type")
        return json.dumps({"v": 1, "type": "pong"})

    return answered(reply)


def _type(body: str | None) -> str:
    try:
        message = json.loads(body or "")
    except ValueError:
        raise InvalidRequestError(code="malformed_json") from None
    return str(message.get("type")) if isinstance(message, dict) else ""
