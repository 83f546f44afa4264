"""$default: what a client sends through its socket."""

from typing import Any

from shared.platform.observability import logger
from shared.realtime.requests import respond


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    return respond(event)
