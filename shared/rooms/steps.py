"""Calls of a model in a room's name: reserved before, recorded after, failing as the state machine knows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from shared.database.client import Database
from shared.llm.answer import Answer, most_cost
from shared.llm.call import ModelCall
from shared.llm.catalogue import FREE, Cost
from shared.llm.errors import ContextTooLongError, ModelError, ModelMisconfiguredError
from shared.llm.providers import Model, candidates
from shared.llm.request import Message, Request
from shared.platform.deadline import Deadline
from shared.platform.repetition import repeated
from shared.realtime.publishing import publish
from shared.rooms import step_queries
from shared.rooms.errors import ProviderMisconfigured, ProviderRateLimited, ProviderUnavailable
from shared.rooms.step_queries import RecordedStep, Step, StepPermit
from shared.rooms.work import RoomState, Worker

RESERVED_SECONDS = 10.0  # that must be left for storing when the model has answered
STORING_SECONDS = 2.0  # of those, for giving a task back when the database could not be heard
# Seconds of one call and its stand-in: a file of 6,000 tokens at the 40 a second of a slow model. A task's lease is
# longer.
MAX_CALL_SECONDS = 210.0


def max_tokens(models: Sequence[Model], request: Request) -> int:
    """The most that a call may use, whichever of the models answers."""
    return request.prompt_tokens + max(model.most_tokens(request) for model in models)


@dataclass
class ModelSteps:
    """The steps of one worker."""

    database: Database
    worker: Worker
    agent_name: str
    deadline: Deadline
    tokens_used: int = 0  # of all that was recorded, also by workers before

    def reserve(self, models: Sequence[Model], request: Request, name: str | None = None) -> StepPermit:
        """Hold back the most that a call can use, and hear what the owner told all agents.

        Nothing is held back for the step of a name that was recorded before.
        """
        dollars = most_cost(models, request).dollars
        tokens = max_tokens(models, request)
        return publish(self.database, step_queries.begin_step(self.database, self.worker, tokens, dollars, name))

    def call(self, models: list[Model], request: Request, content: str = "") -> ModelCall:
        """The call, once its answer is whole. One that was paid for nothing is recorded, with `content`, at once.

        Raises ContextTooLongError, ProviderUnavailable, ProviderRateLimited, ProviderMisconfigured.
        """
        seconds = min(MAX_CALL_SECONDS, self.deadline.remaining(RESERVED_SECONDS))
        call = ModelCall(models, request, Deadline.after(seconds))
        try:
            call.whole()
        except ModelError as fault:
            if call.paid():
                # A name of its own: the call is made again under its number.
                self.record(call, f"lost-{uuid4().hex[:12]}", content)
            raise _workflow_error(fault) from None
        return call

    def record(
        self,
        call: ModelCall,
        name: str,
        content: str,
        messages: Sequence[Message] = (),
        search_tokens: int = 0,
        search_cost: Cost = FREE,
    ) -> RecordedStep:
        """Charge a call and what its agent searched, once by its name; `content` is what the agent was told.

        `messages` are appended to the task's transcript. The database is asked again until it is heard: this is paid.
        """
        tokens = sum((paid.usage.tokens for paid in call.paid()), search_tokens)
        cost = sum((paid.cost for paid in call.paid()), search_cost)
        step = Step(name, self.agent_name, content, call.answer, tokens, cost)
        recorded = repeated(
            lambda: step_queries.record_step(self.database, self.worker, step, messages), self.deadline, STORING_SECONDS
        )
        self.tokens_used += step.tokens
        return publish(self.database, recorded)


def _workflow_error(fault: ModelError) -> Exception:
    if isinstance(fault, ContextTooLongError):
        return fault
    if isinstance(fault, ModelMisconfiguredError):
        return ProviderMisconfigured()
    return ProviderRateLimited() if fault.reason == "model_rate_limited" else ProviderUnavailable()


@dataclass(frozen=True)
class Orchestrator:
    """Makes the calls that concern a room as a whole: its plan, and the review of its files."""

    database: Database
    room: RoomState
    run: int
    deadline: Deadline

    def ask(
        self, name: str, messages: list[Message], schema: Message, visible_tokens: int, agent_name: str
    ) -> Answer | None:
        """The answer, or None where the room permits no call or the model cannot read so much.

        What was recorded of this run under this name is read, and not paid for again.

        Raises ProviderUnavailable, ProviderRateLimited, ProviderMisconfigured.
        """
        models = candidates("orchestrator", self.room.provider)
        request = Request(messages, visible_tokens, self.room.user_id, schema=schema)
        steps = ModelSteps(self.database, Worker(str(self.room.id), attempt=self.run), agent_name, self.deadline)
        permit = steps.reserve(models, request, name)
        if not permit.proceed:
            return None
        if permit.recorded is not None:
            return Answer(models[0], request, raw=permit.recorded, finish="stop")
        content = messages[-1]["content"]
        try:
            call = steps.call(models, request, content)
        except ContextTooLongError:
            return None
        steps.record(call, name, content)
        return call.answer
