"""A step of the room workflow: what is to be done, in which order."""

from typing import Any
from uuid import UUID

from shared.database.client import Database
from shared.platform.deadline import Deadline
from shared.platform.observability import logger
from shared.rooms.planner import plan_room
from shared.rooms.throttling import MOST_SECONDS, patiently
from shared.rooms.work import Worker


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`room_id`, `run` and the seconds `waited` in, with `waves` of task ids out; or `wait_seconds` until it is due."""
    logger.set_correlation_id(event["room_id"])
    room_id, run, waited = event["room_id"], event["run"], event.get("waited", MOST_SECONDS)
    database, deadline, worker = Database.as_service(), Deadline.of(context), Worker(room_id, attempt=run)
    waves, pause = patiently(database, worker, lambda: plan_room(database, UUID(room_id), run, deadline), waited)
    return {"room_id": room_id, "run": run, "waves": waves or [], **pause}
