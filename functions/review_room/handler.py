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
    room_id, run = event["room_id"], event["run"]
    repairs = review_room(Database.as_service(), UUID(room_id), run, Deadline.of(context))
    return {"room_id": room_id, "run": run, "repairs": repairs}
