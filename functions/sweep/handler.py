"""Every 15 minutes: end what nobody ends any more."""

from typing import Any

from shared.database.client import UPKEEP, Database
from shared.platform.observability import logger


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    """Safe to run twice, late or never: see sweep, end_overdue_actions and tend_knowledge in the migrations."""
    database = Database.as_service()
    # Two transactions: each takes the locks of many users, in an order of its own.
    result: dict[str, Any] = database.rpc("sweep") | database.rpc("end_overdue_actions")
    result["knowledge"] = Database.as_service(UPKEEP).rpc("tend_knowledge")
    logger.info("swept", **result)
    return result
