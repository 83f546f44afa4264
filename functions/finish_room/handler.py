"""The last step of the room workflow, also of one that failed."""

from typing import Any
from uuid import UUID

from shared.database.client import Database
from shared.platform.observability import logger
from shared.rooms.review import finish_room


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    """`room_id`, `run`, and `error` with the name of what the workflow failed of."""
    status = finish_room(Database.as_service(), UUID(event["room_id"]), event.get("run"), event.get("error"))
    return {"room_id": event["room_id"], "status": status}
