"""Monday 00:05 UTC: close the finished week."""

from typing import Any

from shared.database.client import Database
from shared.platform.observability import logger


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    """Safe to run twice, late or never: see reset_usage in supabase/schemas."""
    result: dict[str, Any] = Database.as_service().rpc("reset_usage")
    logger.info("week closed", **result)
    return result
