"""The calls of the model that concern a room as a whole: its plan, and the review of its files."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from shared.database.client import Database
from shared.llm import completion, providers
from shared.llm.chat import Message
from shared.llm.completion import Request
from shared.platform.deadline import Deadline
from shared.realtime.publishing import publish
from shared.rooms.agent import complete
from shared.rooms.plan import ROLES
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
        self, step: str, messages: list[Message], schema: dict[str, Any], max_tokens: int, agent_name: str
    ) -> str | None:
        """The answer, or None where the room permits no call. Raises ProviderUnavailable, ProviderRateLimited."""
        models = providers.candidates("orchestrator", self.room.provider)
        request = Request(messages, max_tokens, self.room.user_id, schema=schema)
        told = self.database.rpc(
            "begin_step",
            p_room_id=str(self.room.id),
            p_task_id=None,
            p_tokens=request.prompt_tokens + max_tokens,
            p_cost=str(completion.most_cost(models, request).dollars),
        )
        publish(self.database, told)
        if not told["proceed"]:
            return None
        answered = complete(models, request, self.deadline)
        told = self.database.rpc(
            "record_step",
            p_room_id=str(self.room.id),
            p_task_id=None,
            p_step={"step": step, "agent_name": agent_name, "content": messages[-1]["content"], **answered.as_step()},
        )
        publish(self.database, told)
        return answered.text
