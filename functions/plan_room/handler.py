"""A step of the room workflow: what is to be done, in which order."""

from typing import Any
from uuid import UUID

from shared.database.client import Database
from shared.platform.deadline import Deadline
from shared.platform.observability import logger
from shared.rooms.planner import plan_room


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`room_id` and `run` in, with `waves` of task ids out."""
    room_id, run = event["room_id"], event["run"]
    waves = plan_room(Database.as_service(), UUID(room_id), run, Deadline.of(context))
    return {"room_id": room_id, "run": run, "waves": waves}
