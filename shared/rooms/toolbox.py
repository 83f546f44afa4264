"""What an agent can do: search the knowledge base, list, read and write files. (Asking the owner pauses the task.)"""

import hashlib
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from shared.database.client import Database
from shared.knowledge.search import search
from shared.llm import tokens
from shared.llm.answer import ToolCall
from shared.llm.catalogue import Cost, cost
from shared.llm.request import Message
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.errors import DomainError, InvalidRequestError
from shared.platform.observability import log_fault
from shared.platform.text import NoNul, storable
from shared.rooms import files, prompts, step_queries, storage
from shared.rooms.errors import NotPermittedError, OwnerNeeded
from shared.rooms.work import AgentFile, TaskWork
from shared.safety.markup import strip_markup

MAX_PASSAGES = 5  # fewer than a chat turn has: an agent searches several times and keeps each result in its transcript
MAX_FILE_BYTES = 512 * 1024  # of one file: what a model can write has a tenth of that
READABLE = tuple(set(files.TYPES.values()))


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SearchKnowledge(_Arguments):
    """Search the knowledge base on training, nutrition and recovery."""

    query: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), NoNul] = Field(
        description="What to look for, as a question or in keywords."
    )


class ListFiles(_Arguments):
    """List the room's files."""


class ReadFile(_Arguments):
    """Read a file of the room."""

    filename: str = Field(description="As list_files gives it.")


class WriteFile(_Arguments):
    """Write a file of the room, whole; one of the same name is replaced."""

    filename: str = Field(description="Without folders, with its ending.")
    content: str = Field(description="All of it.")
    description: Annotated[str, StringConstraints(max_length=500)] = Field(description="One sentence.")


class AskOwner(_Arguments):
    """Ask the owner of the room one question and wait for the answer, which may take days."""

    question: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), NoNul] = Field(
        description="One plain question."
    )


ARGUMENTS: dict[str, type[_Arguments]] = {
    "search_knowledge": SearchKnowledge,
    "list_files": ListFiles,
    "read_file": ReadFile,
    "write_file": WriteFile,
    "ask_owner": AskOwner,
}


def _tool(name: str, arguments: type[_Arguments]) -> Message:
    fields = arguments.model_fields
    schema = {
        "type": "object",
        "properties": {key: {"type": "string", "description": field.description} for key, field in fields.items()},
        "required": list(fields),
        "additionalProperties": False,
    }
    function = {"name": name, "description": arguments.__doc__, "strict": True, "parameters": schema}
    return {"type": "function", "function": function}


TOOLS = [_tool(name, arguments) for name, arguments in ARGUMENTS.items()]


@dataclass
class Toolbox:
    """The tools in one agent's hands."""

    database: Database
    work: TaskWork
    deadline: Deadline
    searched: int = 0  # tokens embedded since they were last charged
    files: dict[str, AgentFile] = field(init=False)

    def __post_init__(self) -> None:
        self.files = {file.filename: file for file in self.work.files}

    @property
    def written(self) -> set[str]:
        """Names of the files that this task has written."""
        return {file.filename for file in self.files.values() if file.status == "draft"}

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
            case SearchKnowledge():
                return self._search(arguments.query)
            case ReadFile():
                return self._read(arguments.filename)
            case WriteFile():
                return self._write(arguments)
            case AskOwner():
                return self._answer(arguments.question, answered)
        return prompts.file_list(list(self.files.values()))

    def charge(self) -> tuple[int, Cost]:
        """What the searches since the last call of this cost."""
        spent, self.searched = self.searched, 0
        return spent, cost(settings.load(settings.ModelSettings).embedding_model, spent)

    def _answer(self, question: str, answered: int) -> str:
        if not (shown := strip_markup(question).strip()):
            return "The question has no words."
        if answered >= len(self.work.answers):
            raise OwnerNeeded(shown)
        return prompts.tag("answer", self.work.answers[answered].answer)

    def _search(self, query: str) -> str:
        self.searched += tokens.count(query)
        try:
            found = search(self.database, query, self.deadline, MAX_PASSAGES)
        except DomainError as fault:
            log_fault("the knowledge base could not be searched", fault)
            return "The knowledge base cannot be searched now."
        if not found:
            return "The knowledge base has nothing on this."
        return prompts.passages(found)

    def _read(self, filename: str) -> str:
        file = self.files.get(filename)
        if file is None:
            return "There is no such file."
        if file.mime not in READABLE or file.size > MAX_FILE_BYTES:
            return "This file cannot be read as text."
        content = storage.get(file.key)
        if content is None:
            return "This file was never uploaded."
        return prompts.file_text(file.filename, content.decode("utf-8-sig", errors="replace"))

    def _write(self, wanted: WriteFile) -> str:
        try:
            name = files.check_name(wanted.filename)
            content = _encoded(wanted.content)
            if self._is_owners(name):
                return "This name is that of a file which the owner gave. Use another one."
            file = self._stored(name, content, wanted.description)
        except InvalidRequestError as fault:
            return f"The file was not written. {fault.detail}"
        self.files[name] = file
        return f"Written: {name}, {file.size} bytes, sha256 {file.sha256}."

    def _is_owners(self, name: str) -> bool:
        return any(file.task_id is None and file.filename.casefold() == name.casefold() for file in self.files.values())

    def _stored(self, name: str, content: bytes, description: str) -> AgentFile:
        sha256 = hashlib.sha256(content).hexdigest()
        file = AgentFile(
            filename=name,
            key=storage.key_of(self.work.room.folder_path, sha256, name),
            size=len(content),
            sha256=sha256,
            mime=files.mime_type(name),
            description=strip_markup(storable(description)),
            task_id=self.work.task.id,
            status="draft",
        )
        # The row first: what is over a limit is never put, and what has a row is found when the room is deleted.
        if not step_queries.draft_file(self.database, self.work.worker, file):
            raise NotPermittedError("cancelled")
        storage.put(file.key, content, files.mime_type(name))
        return file


def _encoded(text: str) -> bytes:
    if "\x00" in text:
        raise InvalidRequestError("It has a NUL character, so it is no text.", code="file_invalid")
    try:
        content = text.encode()
    except UnicodeEncodeError:
        raise InvalidRequestError("It has half a surrogate pair, so it is no text.", code="file_invalid") from None
    if not text.strip():
        raise InvalidRequestError("It is empty.", code="file_invalid")
    if len(content) > MAX_FILE_BYTES:
        raise InvalidRequestError("It is too large.", code="file_too_large")
    return content
