"""Stand-ins for what is around a room's work: a database, a model and tools that do as they are told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.database.client import Database
from shared.llm.answer import Answer, ToolCall
from shared.llm.call import ModelCall
from shared.llm.catalogue import FREE, Cost
from shared.llm.providers import Model
from shared.llm.request import Message, Request
from shared.platform.deadline import Deadline
from shared.rooms.step_queries import RecordedStep, StepPermit
from shared.rooms.steps import ModelSteps, Orchestrator
from shared.rooms.task_files import TaskFiles
from shared.rooms.toolbox import Toolbox
from tests.support.room_work import USER_ID, agent_file

MODEL = Model("OpenAI", "gpt-6-luna")
NOTHING: dict[str, Any] = {"events": [], "listeners": []}


class ScriptedDatabase(Database):
    """Answers each SQL function with the result given for its name, and keeps what it was asked."""

    def __init__(self, **results: dict[str, Any]) -> None:
        self.results = results
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def rpc(self, function: str, **arguments: Any) -> Any:
        self.asked.append((function, arguments))
        return NOTHING | self.results.get(function, {})

    @property
    def functions(self) -> list[str]:
        return [function for function, _ in self.asked]


def says(text: str = "", *calls: ToolCall, finish: Any = "stop") -> Answer:
    """What a model says: a text, and calls of tools."""
    return Answer(MODEL, Request([], 100, USER_ID), raw=text, calls=list(calls), finish=finish)


@dataclass
class ScriptedSteps(ModelSteps):
    """A model that says one answer after the other, or fails; every step is permitted unless `refusal` says why not."""

    answers: list[Answer | Exception] = field(default_factory=list)
    refusal: Any = None
    steer: tuple[str, ...] = ()
    requests: list[Sequence[Message]] = field(default_factory=list)  # as they were made
    recorded: list[tuple[str, str, list[Message]]] = field(default_factory=list)  # name, content, new messages

    def reserve(self, models: Sequence[Model], request: Request, name: str | None = None) -> StepPermit:  # noqa: ARG002
        return StepPermit(**NOTHING, proceed=self.refusal is None, reason=self.refusal, steer=self.steer)

    def call(self, models: list[Model], request: Request, content: str = "") -> ModelCall:  # noqa: ARG002
        self.requests.append(list(request.messages))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        call = ModelCall(models, request, self.deadline)
        call.answer = answer
        return call

    def record(
        self,
        call: ModelCall,  # noqa: ARG002
        name: str,
        content: str,
        messages: Sequence[Message] = (),
        search_tokens: int = 0,  # noqa: ARG002
        search_cost: Cost = FREE,  # noqa: ARG002
    ) -> RecordedStep:
        self.recorded.append((name, content, list(messages)))
        return RecordedStep(**NOTHING, proceed=True)


@dataclass
class NamedFiles(TaskFiles):
    """Files that have names alone: nothing in them is quoted."""

    def cite(self) -> None:
        pass


@dataclass
class ScriptedToolbox(Toolbox):
    """Answers each call with its own arguments; a file is written by naming it."""

    results: list[str] = field(default_factory=list)  # to be given first

    def __post_init__(self) -> None:
        super().__post_init__()
        self.files = NamedFiles(self.database, self.work, self.deadline)

    def run(self, call: ToolCall, answered: int) -> str:  # noqa: ARG002
        if call.name == "write_file":
            self.files.known[call.arguments] = agent_file(call.arguments, status="draft")
        return self.results.pop(0) if self.results else f"{call.arguments} {len(self.files.written)}"

    def charge(self) -> tuple[int, Cost]:
        return 0, FREE


@dataclass(frozen=True)
class ScriptedOrchestrator(Orchestrator):
    """Says one answer after the other, nothing (None), or fails."""

    answers: list[Answer | Exception | None] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)  # the step's name, the newest message

    def ask(
        self,
        name: str,
        messages: list[Message],
        schema: Message,  # noqa: ARG002
        visible_tokens: int,  # noqa: ARG002
        agent_name: str,  # noqa: ARG002
    ) -> Answer | None:
        self.asked.append((name, str(messages[-1]["content"])))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def in_time() -> Deadline:
    return Deadline.after(900)
