"""A step of the room workflow: one agent goes on with one task."""

from typing import Any
from uuid import UUID

from shared.database.client import Database
from shared.platform.deadline import Deadline
from shared.platform.observability import logger
from shared.rooms import tasks
from shared.rooms.throttling import MOST_SECONDS


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> tasks.TaskResult:
    """`room_id`, `task_id`, the execution's `run`; `fail` names the error for which the workflow gives the task up."""
    logger.set_correlation_id(event["room_id"])
    database, room_id, task_id = Database.as_service(), UUID(event["room_id"]), UUID(event["task_id"])
    deadline = Deadline.of(context)
    if error := event.get("fail"):
        return tasks.fail_task(database, room_id, task_id, error, deadline)
    waited = event.get("waited", MOST_SECONDS)
    return tasks.run_task(database, room_id, task_id, event.get("run"), deadline, waited)
