"""$disconnect: a socket is gone."""

from typing import Any

from shared.database.client import Database
from shared.platform.observability import logger
from shared.realtime.connections import answered, connection_id


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    def disconnect() -> str:
        Database.as_service().rpc("close_connection", p_connection_id=connection_id(event))
        return ""

    return answered(disconnect)
