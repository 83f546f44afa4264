"""One agent at one task: asks its model, does what the model calls for, until the files are there.

The transcript in the database always ends with a message of the model: it is stored with what was paid for it, and
what tools answered is stored with the next one. So whoever takes over pays for nothing twice; tools are run again
where their answer was lost, which is safe.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from shared.database.client import Database
from shared.llm import providers
from shared.llm.answer import ToolCall, most_cost
from shared.llm.call import ModelCall
from shared.llm.errors import ContextTooLongError
from shared.llm.request import Message, Request
from shared.platform.deadline import Deadline
from shared.realtime.publishing import publish
from shared.rooms import prompts, step_queries
from shared.rooms.loops import Done, is_stuck
from shared.rooms.outcomes import NotPermittedError, TaskInterrupted
from shared.rooms.steps import KEEP_FOR_STORING, LONGEST, ask, call_of, step_of
from shared.rooms.tools import TOOLS, Toolbox
from shared.rooms.work import TaskWork

MOST_CALLS = 24  # of the model in one task: twice what the largest of our own trials needed
MOST_CUTS = 2  # in a row, after which a model will not say it shorter
MOST_TOKENS = 150_000  # of one task: three quarters of a room's usual budget


class TaskFailedError(Exception):
    """The agent cannot do it. Codes: stuck, too_many_calls, too_many_tokens, context_too_long, cut_off, refused."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Agent:
    database: Database
    work: TaskWork
    deadline: Deadline
    messages: list[Message] = field(init=False)
    stored: int = field(init=False)  # how many of the messages are in the database
    steer: Sequence[str] = field(init=False)  # what the owner told all agents, oldest first
    tokens_used: int = field(init=False)  # of the task
    done: list[Done] = field(default_factory=list)
    toolbox: Toolbox = field(init=False)

    def __post_init__(self) -> None:
        work = self.work
        self.steer, self.tokens_used = work.steer, work.task.tokens_used
        self.toolbox = Toolbox(self.database, work, self.deadline)
        self.messages = list(work.task.transcript)
        self.stored = len(self.messages)
        if not self.messages:
            files = [file.model_dump() for file in work.files if file.status == "published"]
            self.messages = prompts.working(
                work.task.role, work.room.task_prompt, work.task.model_dump(), files, work.steer
            )
        self.done = list(_done_before(self.messages))

    def run(self) -> str:
        """Work until the task is done and return the agent's last words.

        Raises TaskFailedError, NotPermittedError, OwnerNeeded, and the errors of `outcomes`.
        """
        while True:
            self._answer_calls()
            if self._is_finished():
                return str(self.messages[-1].get("content") or "")
            self._ask_model()

    def _answer_calls(self) -> None:
        """Do what the newest message calls for. Raises OwnerNeeded, TaskFailedError (stuck)."""
        answers: list[Message] = []
        said = self.messages[-1]
        for raw in said.get("tool_calls") or []:
            call = ToolCall(raw["id"], raw["function"]["name"], raw["function"]["arguments"])
            result = self.toolbox.run(call, answered=sum(map(_is_answer, self.done)))
            self.done.append(_done(call, result))
            if is_stuck(self.done):
                raise TaskFailedError("stuck")
            answers.append({"role": "tool", "tool_call_id": call.id, "content": result})
        self.messages += answers

    def _is_finished(self) -> bool:
        """Whether the model has ended; once it is told of what is missing first."""
        said = self.messages[-1]
        if said["role"] != "assistant":
            return False
        if prompts.is_cut_off(said):
            if self._cuts() > MOST_CUTS:
                raise TaskFailedError("cut_off")
            self.messages.append(prompts.shorter())
            return False
        missing = [name for name in self.work.task.deliverables if name not in self.toolbox.written]
        if missing and not any(prompts.is_reminder(message) for message in self.messages):
            self.messages.append(prompts.missing(missing))
            return False
        return True

    def _ask_model(self) -> None:
        models = providers.candidates(self.work.task.role, self.work.room.provider)
        request = self._permitted(models)
        while self._heard_instructions():
            request = self._permitted(models)
        try:
            call = self._called(models, request)
        except ContextTooLongError:
            call = self._called(models, self._permitted(models, prompts.reduced(self.messages)))
        self._record(call)

    def _called(self, models: list[providers.Model], request: Request) -> ModelCall:
        """Raises ContextTooLongError, the second time TaskFailedError."""
        call = call_of(models, request, self.deadline)
        try:
            ask(call, lambda lost: self._record_lost(call, lost))
        except ContextTooLongError:
            if request.messages is not self.messages:
                raise TaskFailedError("context_too_long") from None
            raise
        return call

    def _heard_instructions(self) -> bool:
        """Whether the owner has said something since the agent began, or was told last."""
        told = sum(prompts.count_instructions(message) for message in self.messages)
        new = self.steer[told:]
        if new:
            self.messages.append(prompts.instruct(new))
        return bool(new)

    def _permitted(self, models: list[providers.Model], messages: list[Message] | None = None) -> Request:
        request = Request(messages or self.messages, prompts.ANSWER_TOKENS, self.work.room.user_id, tools=TOOLS)
        self._permit(models, request)
        return request

    def _permit(self, models: list[providers.Model], request: Request) -> None:
        """Reserve the most that the call can use, and hear the owner.

        Raises NotPermittedError, TaskFailedError, TaskInterrupted.
        """
        if self.deadline.remaining(KEEP_FOR_STORING) < LONGEST:
            raise TaskInterrupted
        most = request.prompt_tokens + max(model.most_tokens(request) for model in models)
        calls = sum(message["role"] == "assistant" for message in self.messages)
        if calls >= MOST_CALLS:
            raise TaskFailedError("too_many_calls")
        if self.tokens_used + most > MOST_TOKENS:
            raise TaskFailedError("too_many_tokens")
        dollars = most_cost(models, request).dollars
        permit = step_queries.begin_step(self.database, self.work.worker, most, dollars)
        publish(self.database, permit)
        if not permit.proceed:
            raise NotPermittedError(permit.reason or "cancelled")
        self.steer = permit.steer

    def _record(self, call: ModelCall) -> None:
        """Store what was said and charge for it, once: the number of the step says which it is."""
        answered = call.answer
        searched, search_cost = self.toolbox.charge()
        number = sum(message["role"] == "assistant" for message in self.messages) + 1
        heard = self.messages[-1]
        # Half a call is no call.
        self.messages.append(prompts.cut_off(answered.text) if answered.is_cut else answered.message)
        content = str(heard.get("content") or "")
        step = step_of(call, str(number), self._name, content, searched, search_cost)
        new = self.messages[self.stored :]
        recorded = step_queries.record_step(self.database, self.work.worker, step, new)
        self.stored = len(self.messages)
        self.tokens_used += step.tokens
        publish(self.database, recorded)
        if not recorded.proceed:
            raise NotPermittedError("cancelled")
        if answered.is_refused:
            raise TaskFailedError("refused")

    def _cuts(self) -> int:
        """How many answers in a row were cut off at last."""
        said = [message for message in self.messages if message["role"] == "assistant"]
        whole = (number for number, message in enumerate(reversed(said)) if not prompts.is_cut_off(message))
        return next(whole, len(said))

    def _record_lost(self, call: ModelCall, lost: str) -> None:
        """A call that was paid for nothing: charged, and no part of the transcript."""
        step = step_of(call, lost, self._name, "")
        publish(self.database, step_queries.record_step(self.database, self.work.worker, step))
        self.tokens_used += step.tokens

    @property
    def _name(self) -> str:
        return f"@{self.work.task.role}"


def _is_answer(done: Done) -> bool:
    """Of the owner; a question that could not be asked has none."""
    return done.call.startswith("ask_owner ") and done.result.startswith("<answer>")


def _done(call: ToolCall, result: str) -> Done:
    return Done(f"{call.name} {call.arguments}", result)


def _done_before(messages: list[Message]) -> Iterator[Done]:
    """The calls of a transcript that were answered."""
    results = {message["tool_call_id"]: message["content"] for message in messages if message["role"] == "tool"}
    for message in messages:
        for raw in message.get("tool_calls") or []:
            if raw["id"] in results:
                call = ToolCall(raw["id"], raw["function"]["name"], raw["function"]["arguments"])
                yield _done(call, results[raw["id"]])
