"""Every 15 minutes: end what nobody ends any more."""

from typing import Any

from shared.database.client import Database
from shared.platform.observability import logger


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    """Safe to run twice, late or never: see sweep in the migrations."""
    result: dict[str, Any] = Database.as_service().rpc("sweep")
    logger.info("swept", **result)
    return result
