"""The last step of the room workflow, also of one that failed."""

from typing import Any
from uuid import UUID

from shared.database.client import Database
from shared.platform.observability import count, logger
from shared.rooms.review import finish_room


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    """`room_id`, `run`, and `error` with the name of what the workflow failed of."""
    logger.set_correlation_id(event["room_id"])
    room = finish_room(Database.as_service(), UUID(event["room_id"]), event.get("run"), event.get("error"))
    logger.info("room", room=event["room_id"], run=event.get("run"), status=room.status, reason=room.status_reason)
    count("RoomsFailed" if room.status == "failed" else "RoomsCompleted", reason=room.status_reason or "none")
    return {"room_id": event["room_id"], "status": room.status}
