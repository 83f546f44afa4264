"""A step of the room workflow: whether what was delivered will do."""

from functools import partial
from typing import Any
from uuid import UUID

from shared.database.client import Database
from shared.platform.deadline import Deadline
from shared.platform.observability import logger
from shared.rooms.review import review_room
from shared.rooms.throttling import MOST_SECONDS, patiently
from shared.rooms.work import Worker


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`room_id`, `run` and the seconds `waited` in, with waves of task ids as `repairs` out: empty when there are none.

    Or with the `wait_seconds` until it is due.
    """
    logger.set_correlation_id(event["room_id"])
    room_id, run, waited = event["room_id"], event["run"], event.get("waited", MOST_SECONDS)
    database, deadline, worker = Database.as_service(), Deadline.of(context), Worker(room_id, attempt=run)
    reviewed = partial(review_room, database, UUID(room_id), run, deadline, waited)
    repairs, pause = patiently(database, worker, reviewed, waited)
    return {"room_id": room_id, "run": run, "repairs": repairs or [], **pause}
