"""$disconnect: a socket is gone."""

from typing import Any

from shared.database.client import Database
from shared.platform.observability import logger
from shared.realtime.connections import close, connection_id, respond


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    logger.set_correlation_id(connection_id(event))
    return respond(lambda: close(event, Database.as_service()))
