"""Monday 00:05 UTC: close the finished week."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.database.client import Database
from shared.platform.observability import logger
from shared.upkeep import queries


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001
    """Safe to run twice, late or never: see reset_usage in supabase/schemas."""
    result = queries.reset_usage(Database.as_service())
    logger.info("week closed", extra=dict(result))
    return result
