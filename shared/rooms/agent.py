"""One agent at one task: asks its model, does what the model calls for, until the files are there."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.database.client import Database
from shared.llm import providers
from shared.llm.call import ModelCall
from shared.llm.errors import ContextTooLongError
from shared.llm.request import Request
from shared.platform.deadline import Deadline
from shared.realtime.push import Pusher
from shared.rooms import folding, pictures, prompts
from shared.rooms.errors import BudgetHeld, NotPermittedError, TaskFailedError, TaskInterrupted
from shared.rooms.preview import TaskPreview
from shared.rooms.steps import MAX_CALL_SECONDS, RESERVED_SECONDS, ModelSteps, max_tokens
from shared.rooms.toolbox import Toolbox
from shared.rooms.tools import tools_for
from shared.rooms.transcript import Transcript
from shared.rooms.work import TaskWork

MAX_CALLS = 24  # of the model in one task: a quarter of what a room's usual budget has (room_budget.sql)
MAX_CUTS = 2  # in a row, after which a model will not say it shorter
MAX_CIRCLES = 2  # that an agent is told of; it is given up at the next one
TOKENS_SHARE = 0.75  # of the room's budget, that one task may use


@dataclass
class Agent:
    database: Database
    work: TaskWork
    deadline: Deadline
    pusher: Pusher
    transcript: Transcript = field(init=False)
    toolbox: Toolbox = field(init=False)
    steps: ModelSteps = field(init=False)
    steer: Sequence[str] = field(init=False)  # what the owner told all agents, oldest first

    def __post_init__(self) -> None:
        work, task = self.work, self.work.task
        self.transcript = Transcript(list(task.transcript) or prompts.working(work), stored=len(task.transcript))
        models = providers.candidates(task.role, work.room.provider)
        sees = bool(models) and all(model.figures.sees for model in models)
        self.toolbox = Toolbox(self.database, work, self.deadline, sees=sees)
        preview = TaskPreview(work, self.pusher, self.toolbox.files.known)
        self.steps = ModelSteps(
            self.database,
            work.worker,
            f"@{task.role}",
            self.deadline,
            task.tokens_used,
            screen=work.screen,
            preview=preview,
        )
        self.steer = work.steer

    def run(self) -> str:
        """Work until the task is done and return the agent's last words.

        Raises the errors of `errors`, UnavailableError.
        """
        while True:
            self._answer_calls()
            if self._is_finished():
                self.toolbox.files.cite()
                return str(self.transcript.newest.get("content") or "")
            self._ask_model()

    def _answer_calls(self) -> None:
        """Do what the newest message calls for. Raises OwnerNeeded, TaskFailedError (stuck)."""
        stuck = False
        for call in self.transcript.requested_calls():
            self.transcript.add_result(call, self.toolbox.run(call, self.transcript.owner_answers))
            stuck |= self.transcript.is_stuck
        if stuck:
            if self.transcript.circles == MAX_CIRCLES:
                raise TaskFailedError("stuck")
            self.transcript.add(prompts.nothing_new())

    def _is_finished(self) -> bool:
        """Whether the model has ended; once it is told of what is missing first."""
        newest = self.transcript.newest
        if newest["role"] != "assistant":
            return False
        if prompts.is_cut_off(newest):
            if self.transcript.cuts > MAX_CUTS:
                raise TaskFailedError("cut_off")
            self.transcript.add(prompts.user(prompts.SHORTER))
            return False
        missing = [name for name in self.work.task.deliverables if name not in self.toolbox.files.written]
        if missing and not any(map(prompts.is_reminder, self.transcript.messages)):
            self.transcript.add(prompts.missing(missing))
            return False
        return True

    def _ask_model(self) -> None:
        models = providers.candidates(self.work.task.role, self.work.room.provider)
        request = self._reserved(models)
        while self._hears_instructions():
            request = self._reserved(models)
        try:
            call = self.steps.call(models, request)
        except ContextTooLongError:
            call = self._asked_shorter(models)
        self._record(call)

    def _asked_shorter(self, models: list[providers.Model]) -> ModelCall:
        """Raises TaskFailedError (context_too_long)."""
        try:
            return self.steps.call(models, self._reserved(models, newest=1))
        except ContextTooLongError:
            raise TaskFailedError("context_too_long") from None

    def _hears_instructions(self) -> bool:
        """Whether the owner has said something since the agent began, or was told last."""
        new = self.steer[self.transcript.instructions :]
        if new:
            self.transcript.add(prompts.instruct(new))
        return bool(new)

    def _reserved(self, models: list[providers.Model], newest: int = folding.NEWEST) -> Request:
        """A request that may be made; the owner has been heard.

        Raises BudgetHeld, NotPermittedError, TaskFailedError, TaskInterrupted.
        """
        tools = tools_for(self.work, has_files=bool(self.toolbox.files.known))
        messages = pictures.shown(folding.folded(self.transcript.messages, newest), self.toolbox.files)
        request = Request(messages, prompts.ANSWER_TOKENS, self.work.room.user_id, tools=tools)
        if self.deadline.remaining(RESERVED_SECONDS) < MAX_CALL_SECONDS:
            raise TaskInterrupted
        if self.transcript.model_calls >= MAX_CALLS:
            raise TaskFailedError("too_many_calls")
        if self.steps.tokens_used + max_tokens(models, request) > TOKENS_SHARE * self.work.token_limit:
            raise TaskFailedError("too_many_tokens")
        permit = self.steps.reserve(models, request)
        if permit.reason == "budget_held":
            raise BudgetHeld
        if not permit.proceed:
            raise NotPermittedError(permit.reason or "cancelled")
        self.steer = permit.steer
        return request

    def _record(self, call: ModelCall) -> None:
        """Store what was said and charge for it, once: the number of the step says which it is."""
        answer, transcript = call.answer, self.transcript
        number, content = transcript.model_calls + 1, str(transcript.newest.get("content") or "")
        # Half a call is no call.
        transcript.add(prompts.cut_off(answer.text) if answer.is_cut else answer.message)
        recorded = self.steps.record(call, str(number), content, transcript.unstored, *self.toolbox.charge())
        transcript.stored = len(transcript.messages)
        if not recorded.proceed:
            raise NotPermittedError("cancelled")
        if answer.is_refused:
            raise TaskFailedError("refused")
