"""What an owner says to a room: answers, instructions, more budget; and who waits for that."""

from uuid import UUID

from pydantic import BaseModel

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.platform import workflow
from shared.realtime.publishing import publish
from shared.rooms import queries, uploading
from shared.rooms.room import Budget, Room, RoomAnswer
from shared.safety.red_flags import refuse_red_flag


class AnsweredRoom(BaseModel):
    room: Room
    budget: Budget


def answer_room(database: Database, principal: Principal, room: str, body: RoomAnswer) -> AnsweredRoom:
    """Take in what the owner says, and wake the agents that waited for it. Safe to repeat.

    Urgent words get fixed advice, and no agent hears them.

    Raises NotFoundError, ConflictError, InvalidRequestError, QuotaExceededError, UnavailableError.
    """
    refuse_red_flag(body.answer, body.steer)
    uploading.check_arrived(database, principal, body.input_file_ids)
    answered = queries.answer_input(database, principal.user_id, room, body)
    publish(database, answered)
    for waiting in answered.tokens:
        workflow.wake(waiting.token)
    return AnsweredRoom(room=answered.room, budget=answered.budget)


def wait_for_owner(database: Database, wait_id: UUID, task_token: str) -> None:
    """Note how a waiting task is woken; if the owner was faster, wake it now. Safe to repeat."""
    if not queries.store_token(database, wait_id, task_token):
        workflow.wake(task_token)
