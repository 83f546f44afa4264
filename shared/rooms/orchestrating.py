"""The calls of the model that concern a room as a whole: its plan, and the review of its files."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from shared.database.client import Database
from shared.llm.answer import Answer, most_cost
from shared.llm.errors import ContextTooLongError
from shared.llm.providers import candidates
from shared.llm.request import Message, Request
from shared.platform.deadline import Deadline
from shared.realtime.publishing import publish
from shared.rooms.plan import ROLES
from shared.rooms.steps import ask, call_of, step_of
from shared.rooms.work import RoomBrief, RoomFile


class RoomState(RoomBrief):
    run: int
    agents: list[str]  # the roles that the owner wants; none: whichever the plan needs
    plan: dict[str, Any] | None
    steer: list[str]

    @property
    def roles(self) -> list[str]:
        return [role for role in ROLES if role in self.agents] or list(ROLES)


class TaskState(BaseModel):
    id: UUID
    key: str
    role: str
    brief: str
    deliverables: list[str]
    depends_on: list[str]
    round: int
    status: str


class RoomWork(BaseModel):
    """A room as the workflow sees it: what room_work returns."""

    room: RoomState
    open: bool
    tasks: list[TaskState]
    files: list[RoomFile]  # the newest published ones

    @property
    def given(self) -> list[RoomFile]:
        """The owner's own files."""
        return [file for file in self.files if file.task_id is None]


def read_work(database: Database, room_id: UUID) -> RoomWork:
    return RoomWork.model_validate(database.rpc("room_work", p_room_id=str(room_id)))


@dataclass(frozen=True)
class Orchestrator:
    """Asks in the room's name and under its budget."""

    database: Database
    room: RoomState
    deadline: Deadline

    def ask(
        self, step: str, messages: list[Message], schema: dict[str, Any], visible_tokens: int, agent_name: str
    ) -> Answer | None:
        """The answer, or None where the room permits no call or the model cannot read so much.

        Raises ProviderUnavailable, ProviderRateLimited, ProviderMisconfigured.
        """
        models = candidates("orchestrator", self.room.provider)
        request = Request(messages, visible_tokens, self.room.user_id, schema=schema)
        told = self.database.rpc(
            "begin_step",
            p_room_id=str(self.room.id),
            p_task_id=None,
            p_tokens=request.prompt_tokens + max(model.most_tokens(request) for model in models),
            p_cost=str(most_cost(models, request).dollars),
        )
        publish(self.database, told)
        if not told["proceed"]:
            return None
        call = call_of(models, request, self.deadline)
        said = {"agent_name": agent_name, "content": messages[-1]["content"]}
        try:
            answer = ask(call, lambda lost: self._record(said | lost))
        except ContextTooLongError:
            return None
        self._record({**said, "step": step, **step_of(call)})
        return answer

    def _record(self, step: dict[str, Any]) -> None:
        told = self.database.rpc("record_step", p_room_id=str(self.room.id), p_task_id=None, p_step=step)
        publish(self.database, told)
