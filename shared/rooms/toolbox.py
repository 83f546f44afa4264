"""What an agent's calls do: search, look up, read and write files. (Asking the owner pauses the task.)"""

from dataclasses import dataclass, field

from pydantic import ValidationError

from shared.actions.training import GetWorkouts, read_plan, read_workouts
from shared.database.client import Database
from shared.llm import tokens
from shared.llm.answer import ToolCall
from shared.llm.catalogue import FREE, Cost, cost
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.errors import DomainError, InvalidRequestError, UnavailableError
from shared.platform.observability import log_fault
from shared.rooms import prompt_parts
from shared.rooms.errors import OwnerNeeded
from shared.rooms.task_files import TaskFiles
from shared.rooms.tools import (
    ARGUMENTS,
    AskOwner,
    EditFile,
    QueryTable,
    ReadFile,
    ReadPage,
    SearchKnowledge,
    SearchWeb,
    WriteFile,
    may_search_web,
    web_hosts,
)
from shared.rooms.work import TaskWork
from shared.safety.gate import mend_request

# Of one task: what a thorough look into something takes; a room of the most tasks and repairs has 120.
MAX_WEB_SEARCHES = 10
MAX_PASSAGES = 5  # fewer than a chat turn has: an agent searches several times and keeps each result in its transcript


@dataclass
class Toolbox:
    """The tools in one agent's hands."""

    database: Database
    work: TaskWork
    deadline: Deadline
    sees: bool = False  # whether the models that may be asked take pictures
    searched: int = 0  # tokens embedded since they were last charged
    web_cost: Cost = FREE  # of searches of the web since they were last charged
    web_searches: int = field(init=False)  # of this task, also by workers before
    files: TaskFiles = field(init=False)

    def __post_init__(self) -> None:
        self.files = TaskFiles(self.database, self.work, self.deadline, sees=self.sees)
        calls = (call for message in self.work.task.transcript for call in message.get("tool_calls") or ())
        self.web_searches = sum(call["function"]["name"] == "search_web" for call in calls)

    def run(self, call: ToolCall, answered: int) -> str:
        """Do what is asked and say what came of it, as data. Safe to repeat.

        `answered` is how many questions to the owner came before.
        Raises OwnerNeeded, NotPermittedError, UnavailableError.
        """
        if call.name not in ARGUMENTS:
            return "There is no such tool."
        try:
            arguments = ARGUMENTS[call.name].model_validate_json(call.arguments or "{}")
        except ValidationError as error:
            faults = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_url=False)]
            return f"The arguments are not valid. {'; '.join(faults)}"
        match arguments:
            case ReadFile() | WriteFile() | EditFile() | QueryTable():
                return self.files.run(call.id, arguments)
            case SearchKnowledge():
                return self._search(arguments.query)
            case SearchWeb():
                return self._search_web(call, arguments.query)
            case ReadPage():
                return self._page(arguments.url)
            case AskOwner():
                return self._answer(arguments.question, answered)
            case GetWorkouts():
                return read_workouts(self.database, self.work.room.user_id, arguments)
        return read_plan(self.database, self.work.room.user_id)

    def charge(self) -> tuple[int, Cost]:
        """What the searches since the last call of this cost."""
        (spent, asked), (self.searched, self.web_cost) = (self.searched, self.web_cost), (0, FREE)
        return spent, cost(settings.load(settings.ModelSettings).embedding_model, spent) + asked

    def _answer(self, question: str, answered: int) -> str:
        screened = self.work.screen.message(question)
        if not (shown := screened.text.strip()):
            return mend_request(screened.held) if screened.held else "The question has no words."
        if answered >= len(self.work.answers):
            raise OwnerNeeded(shown)
        return prompt_parts.tag("answer", self.work.answers[answered].answer)

    def _search_web(self, call: ToolCall, query: str) -> str:
        from shared.rooms import web_search  # for deployments that have a key for it

        if not may_search_web(self.work.task.role):
            return "There is no such tool."
        if call.id in self.files.repeated:  # carried out again is only what is not paid
            return "This search was interrupted. Ask once more if you still need it."
        if self.web_searches >= MAX_WEB_SEARCHES:
            return "No more can be searched for. Write down what you have."
        try:
            found = web_search.search(query, web_hosts())
        except UnavailableError:
            return "The web cannot be searched now."
        self.web_searches += 1
        self.web_cost += found.cost
        if not found.results:
            return "Nothing was found. Use fewer, more usual words."
        return prompt_parts.tag("results", "\n\n".join(each.lines for each in found.results))

    def _page(self, url: str) -> str:
        from shared.rooms.web_pages import read_page  # for deployments that allow hosts

        try:
            text = read_page(url, web_hosts(), self.deadline)
        except InvalidRequestError as fault:
            return fault.detail
        return prompt_parts.file_text(url, text)

    def _search(self, query: str) -> str:
        from shared.knowledge.search import search  # for those that look something up

        self.searched += tokens.count(query)
        try:
            found = search(self.database, query, self.deadline, MAX_PASSAGES)
        except DomainError as fault:
            log_fault("the knowledge base could not be searched", fault)
            return "The knowledge base cannot be searched now."
        if not found:
            return "The knowledge base has nothing on this."
        return prompt_parts.passages(found)
