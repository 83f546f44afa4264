"""$connect: a signed-in user opens a socket."""

from typing import Any

from shared.platform.observability import logger
from shared.realtime.admission import admit
from shared.realtime.connections import respond


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    return respond(lambda: admit(event))
