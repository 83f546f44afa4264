"""$default: what a client sends through its socket."""

from typing import Any

from shared.platform.observability import logger
from shared.realtime.connections import connection_id
from shared.realtime.requests import respond


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    logger.set_correlation_id(connection_id(event))
    return respond(event)
