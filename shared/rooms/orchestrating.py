"""The calls of the model that concern a room as a whole: its plan, and the review of its files."""

from dataclasses import dataclass

from shared.database.client import Database
from shared.llm.answer import Answer, most_cost
from shared.llm.errors import ContextTooLongError
from shared.llm.providers import candidates
from shared.llm.request import Message, Request
from shared.platform.deadline import Deadline
from shared.realtime.publishing import publish
from shared.rooms import step_queries
from shared.rooms.step_queries import Step
from shared.rooms.steps import ask, call_of, step_of
from shared.rooms.work import RoomState, Worker


@dataclass(frozen=True)
class Orchestrator:
    """Asks in the room's name and under its budget."""

    database: Database
    room: RoomState
    deadline: Deadline

    def ask(
        self, step: str, messages: list[Message], schema: Message, visible_tokens: int, agent_name: str
    ) -> Answer | None:
        """The answer, or None where the room permits no call or the model cannot read so much.

        Raises ProviderUnavailable, ProviderRateLimited, ProviderMisconfigured.
        """
        models = candidates("orchestrator", self.room.provider)
        request = Request(messages, visible_tokens, self.room.user_id, schema=schema)
        most = request.prompt_tokens + max(model.most_tokens(request) for model in models)
        permit = step_queries.begin_step(self.database, self._worker, most, most_cost(models, request).dollars)
        publish(self.database, permit)
        if not permit.proceed:
            return None
        call = call_of(models, request, self.deadline)
        said = messages[-1]["content"]
        try:
            answer = ask(call, lambda lost: self._record(step_of(call, lost, agent_name, said)))
        except ContextTooLongError:
            return None
        self._record(step_of(call, step, agent_name, said))
        return answer

    def _record(self, step: Step) -> None:
        publish(self.database, step_queries.record_step(self.database, self._worker, step))

    @property
    def _worker(self) -> Worker:
        return Worker(self.room.id)
