"""What an owner says to a room: answers, instructions, more budget; and who waits for that."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.platform import workflow
from shared.platform.text import NoNul
from shared.realtime.publishing import publish
from shared.rooms import uploading
from shared.rooms.creating import NewLimits
from shared.rooms.room import Budget, Room
from shared.safety.red_flags import refuse_red_flag

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000), NoNul]


class RoomAnswer(BaseModel):
    """Any of these; at least one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"answer": "Three evenings a week."}})

    input_id: UUID | None = Field(None, description="The question; may be left out while only one is open.")
    answer: Text | None = None
    steer: Text | None = Field(None, description="An instruction to all agents that are still at work.")
    budget: NewLimits | None = Field(None, description="New limits, none below the ones before.")
    input_file_ids: list[UUID] = Field(default_factory=list, max_length=20, description="Of createRoomUpload.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.answer or self.steer or self.input_file_ids or self.limits):
            raise ValueError("say at least one of answer, steer, budget, input_file_ids")
        if self.input_id and not self.answer:
            raise ValueError("input_id needs an answer")
        return self

    @property
    def limits(self) -> dict[str, Any]:
        return self.budget.model_dump(exclude_none=True) if self.budget else {}


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
    told = database.rpc("answer_input", p_user_id=str(principal.user_id), p_room=room, p_answer=_row(body))
    publish(database, told)
    for waiting in told["tokens"]:
        workflow.wake(waiting["token"])
    return AnsweredRoom.model_validate(told)


def wait_for_owner(database: Database, wait_id: UUID, task_token: str) -> None:
    """Note how a waiting task is woken; if the owner was faster, wake it now. Safe to repeat."""
    if not database.rpc("store_token", p_wait_id=str(wait_id), p_token=task_token)["waiting"]:
        workflow.wake(task_token)


def _row(body: RoomAnswer) -> dict[str, Any]:
    row: dict[str, Any] = body.model_dump(mode="json", include={"input_id", "answer", "steer"}, exclude_none=True)
    if body.limits:
        row["budget"] = body.limits
    if body.input_file_ids:
        row["files"] = [str(file_id) for file_id in body.input_file_ids]
    return row
