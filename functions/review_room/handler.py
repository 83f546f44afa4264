"""A step of the room workflow: whether what was delivered will do."""

from typing import Any
from uuid import UUID

from shared.database.client import Database
from shared.platform.deadline import Deadline
from shared.platform.observability import logger
from shared.rooms.review import review_room


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`room_id` and `run` in, with waves of task ids as `repairs` out: empty when there are none to make."""
    repairs = review_room(Database.as_service(), UUID(event["room_id"]), Deadline.of(context))
    return {"room_id": event["room_id"], "run": event.get("run"), "repairs": repairs}
