"""A step of the room workflow: it waits until the owner has answered."""

from typing import Any
from uuid import UUID

from shared.database.client import Database
from shared.platform.observability import logger
from shared.rooms.service import wait_for_owner


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    """`wait_id` and the task's `token`, by which the workflow is woken."""
    logger.set_correlation_id(event["room_id"])
    wait_for_owner(Database.as_service(), UUID(event["wait_id"]), event["token"])
    return {}
