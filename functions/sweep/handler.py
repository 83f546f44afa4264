"""Every 15 minutes: end what nobody ends any more."""

from typing import Any

from shared.database.client import MAINTENANCE_TIMEOUT, Database
from shared.platform.observability import logger


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    """Safe to run twice, late or never: see supabase/schemas."""
    database = Database.as_service()
    # A transaction for each: each takes the locks of many users, in an order of its own.
    result: dict[str, Any] = {}
    for upkeep in ("sweep", "end_overdue_actions", "end_lost_rooms"):
        result |= database.rpc(upkeep)
    result["knowledge"] = Database.as_service(MAINTENANCE_TIMEOUT).rpc("tend_knowledge")
    logger.info("swept", **result)
    return result
