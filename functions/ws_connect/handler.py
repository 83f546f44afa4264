"""$connect: a signed-in user opens a socket."""

from typing import Any

from shared.platform.observability import logger
from shared.realtime.admission import admit
from shared.realtime.connections import connection_id, respond


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    logger.set_correlation_id(connection_id(event))
    return respond(lambda: admit(event))
