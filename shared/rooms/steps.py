"""Calls of a model in a room's name: reserved before, recorded after, failing as the state machine knows it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from shared.database.client import Database
from shared.llm.answer import Answer, most_cost
from shared.llm.call import PATIENCE, ModelCall
from shared.llm.catalogue import FREE, Cost
from shared.llm.errors import ContextTooLongError, ModelError, ModelMisconfiguredError
from shared.llm.providers import Model, candidates
from shared.llm.request import Message, Request
from shared.llm.stream import BackgroundStream
from shared.platform.deadline import Deadline
from shared.platform.errors import DomainError
from shared.platform.observability import log_fault
from shared.platform.repetition import repeated
from shared.realtime.publishing import publish
from shared.rooms import step_queries
from shared.rooms.errors import NotPermittedError, ProviderMisconfigured, ProviderRateLimited, ProviderUnavailable
from shared.rooms.preview import TaskPreview
from shared.rooms.screen import ANYBODY, Screen
from shared.rooms.step_queries import RecordedStep, Step, StepPermit
from shared.rooms.work import RoomState, Worker

RESERVED_SECONDS = 10.0  # that must be left for storing when the model has answered
STORING_SECONDS = 2.0  # of those, for giving a task back when the database could not be heard
# Seconds of one call and its stand-in: a file of 6,000 tokens at the 40 a second of a slow model. A task's lease is
# renewed while it waits.
MAX_CALL_SECONDS = 210.0
RENEWAL_SECONDS = 5.0  # a quarter of the lease
WATCHED_SECONDS = 1.0  # instead, while somebody watches: who may no longer watch is shown no more than that


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
    screen: Screen = field(default=ANYBODY, kw_only=True)
    preview: TaskPreview | None = field(default=None, kw_only=True)
    _got_on: bool = field(default=False, init=False)  # a call was answered

    def reserve(self, models: Sequence[Model], request: Request, name: str | None = None) -> StepPermit:
        """Hold back the most that a call can use, and hear what the owner told all agents.

        Nothing is held back for the step of a name that was recorded before.
        """
        dollars = most_cost(models, request).dollars
        tokens = max_tokens(models, request)
        permit = publish(self.database, step_queries.begin_step(self.database, self.worker, tokens, dollars, name))
        if self.preview:
            self.preview.listen(permit.listeners)
        return permit

    def call(self, models: list[Model], request: Request, content: str = "") -> ModelCall:
        """The call, once its answer is whole. One that was paid for nothing is recorded, with `content`, at once.

        Raises ContextTooLongError, ProviderUnavailable, ProviderRateLimited, ProviderMisconfigured.
        """
        seconds = min(MAX_CALL_SECONDS, self.deadline.remaining(RESERVED_SECONDS))
        call = ModelCall(persistently(models), request, Deadline.after(seconds))
        try:
            self._wait_for(call)
        except (ModelError, NotPermittedError) as fault:
            if call.paid():
                # A name of its own: the call is made again under its number.
                self.record(call, f"lost-{uuid4().hex[:12]}", content)
            raise (self._workflow_error(fault) if isinstance(fault, ModelError) else fault) from None
        return call

    def _workflow_error(self, fault: ModelError) -> Exception:
        if isinstance(fault, ContextTooLongError):
            return fault
        if isinstance(fault, ModelMisconfiguredError):
            return ProviderMisconfigured()
        if fault.reason == "model_rate_limited":
            return ProviderRateLimited(fault.stated, got_on=self._got_on)
        return ProviderUnavailable()

    def _wait_for(self, call: ModelCall) -> None:
        """Until the answer is whole, with signs of life. Raises ModelError, NotPermittedError."""
        renewed_at = time.monotonic()
        with BackgroundStream(call) as stream:
            while stream.wait(PATIENCE):
                if self.preview:
                    self.preview.update(call.answer)
                if self.worker.task and time.monotonic() - renewed_at >= self._renewal_seconds:
                    renewed_at = time.monotonic()
                    self._renew()
        if self.preview:
            self.preview.update(call.answer, has_ended=True)

    @property
    def _renewal_seconds(self) -> float:
        is_watched = self.preview is not None and bool(self.preview.listeners)
        return min(WATCHED_SECONDS, RENEWAL_SECONDS) if is_watched else RENEWAL_SECONDS

    def _renew(self) -> None:
        """Raises NotPermittedError where the task is no longer this worker's: the model need not say more."""
        try:
            renewed = step_queries.renew_task(self.database, self.worker)
        except DomainError as fault:
            log_fault("a lease could not be renewed", fault)
            return
        if not renewed.held:
            raise NotPermittedError("cancelled")
        if self.preview:
            self.preview.listen(renewed.listeners)

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
        step = Step(name, self.agent_name, content, call.answer, tokens, cost, self.screen)
        recorded = repeated(
            lambda: step_queries.record_step(self.database, self.worker, step, messages), self.deadline, STORING_SECONDS
        )
        self.tokens_used += step.tokens
        self._got_on = True
        return publish(self.database, recorded)


def persistently(models: Sequence[Model]) -> list[Model]:
    """Each is asked again before the state machine waits, one that nobody stands in for even a third time.

    Most faults of a provider are gone then.
    """
    return [model for model in models for _ in range(2 if len(models) > 1 else 3)]


@dataclass(frozen=True)
class Orchestrator:
    """Makes the calls that concern a room as a whole: its plan, and the review of its files."""

    database: Database
    room: RoomState
    run: int
    deadline: Deadline
    screen: Screen = field(default=ANYBODY, kw_only=True)

    def ask(
        self, name: str, messages: list[Message], schema: Message, visible_tokens: int, agent_name: str
    ) -> Answer | None:
        """The answer, or None where the room permits no call or the model cannot read so much.

        What was recorded of this run under this name is read, and not paid for again.

        Raises ProviderUnavailable, ProviderRateLimited, ProviderMisconfigured.
        """
        models = candidates("orchestrator", self.room.provider)
        request = Request(messages, visible_tokens, self.room.user_id, schema=schema)
        worker = Worker(str(self.room.id), attempt=self.run)
        steps = ModelSteps(self.database, worker, agent_name, self.deadline, screen=self.screen)
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
