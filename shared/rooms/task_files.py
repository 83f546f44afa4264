"""The files of a room in one agent's hands: read in parts, written whole or in parts, edited, asked as tables."""

import base64
import contextlib
import hashlib
from dataclasses import dataclass, field

from shared.database.client import Database
from shared.llm import tokens
from shared.platform.deadline import Deadline
from shared.platform.errors import InvalidRequestError
from shared.platform.text import storable
from shared.rooms import citations, files, prompt_parts, prompts, step_queries, storage
from shared.rooms.errors import NotPermittedError
from shared.rooms.screen import Screened
from shared.rooms.tools import EditFile, QueryTable, ReadFile, WriteFile
from shared.rooms.work import AgentFile, TaskWork
from shared.safety.gate import Judging, mend_request

MAX_FILE_BYTES = 512 * 1024  # of one file that an agent writes: a book of 80,000 words
MAX_READ_BYTES = 10 * 1024 * 1024  # of one that it reads or asks: as much as an owner may give
# Of one picture that is shown: four of them in base64 are 16 MB, and a request at Gemini may have 20.
# https://ai.google.dev/gemini-api/docs/image-understanding
MAX_IMAGE_BYTES = 3 * 1024 * 1024
EXTRACTION_SECONDS = 30.0
TEXTS = tuple(set(files.TYPES.values()))
MARKDOWN = ".md"


@dataclass
class TaskFiles:
    """`known` by their names: published ones, and this task's own drafts."""

    database: Database
    work: TaskWork
    deadline: Deadline
    known: dict[str, AgentFile] = field(init=False)
    mended: set[str] = field(init=False)  # names of files that the agent was asked to mend, also before this worker
    sees: bool = False  # whether the models that may be asked take pictures
    images: dict[str, str | None] = field(default_factory=dict)  # as data URLs, by name
    repeated: set[str] = field(init=False)  # ids of the calls that a worker before may have carried out

    def __post_init__(self) -> None:
        self.repeated = {
            call["id"] for message in self.work.task.transcript[-1:] for call in message.get("tool_calls") or ()
        }
        self.mended = prompts.asked_to_mend(self.work.task.transcript)
        self.known = {file.filename: file for file in self.work.files}

    @property
    def written(self) -> set[str]:
        """Names of the files that this task has written."""
        return {file.filename for file in self.known.values() if file.status == "draft"}

    def run(self, call_id: str, asked: ReadFile | WriteFile | EditFile | QueryTable) -> str:
        """Raises NotPermittedError, UnavailableError."""
        try:
            match asked:
                case WriteFile(append=True):
                    return self._append(call_id, asked)
                case WriteFile():
                    return self._write(asked.filename, asked.content, asked.description)
                case EditFile():
                    return self._edit(call_id, asked)
                case QueryTable():
                    return self._query(asked)
            return self._read(asked)
        except InvalidRequestError as fault:
            return fault.detail

    # ---------------------------------------------------------------------------------------------------------- reading
    def _text(self, filename: str) -> str:
        """Raises InvalidRequestError with a sentence for the agent."""
        file = self.known.get(filename)
        if file is None:
            raise InvalidRequestError(f"There is no such file. {prompt_parts.file_list(list(self.known.values()))}")
        if file.size > MAX_READ_BYTES or (file.mime not in TEXTS and file.mime not in files.DOCUMENTS.values()):
            raise InvalidRequestError("This file cannot be read as text.")
        content = storage.get(file.key)
        if content is None:
            raise InvalidRequestError("This file was never uploaded.")
        if file.mime in TEXTS:
            text = content.decode("utf-8-sig", errors="replace")
            return citations.uncited(text) if files.suffix(filename) == MARKDOWN else text
        from shared.rooms.extraction import text_of  # for those that are no text

        return text_of(content, filename, EXTRACTION_SECONDS, self.deadline)

    def _query(self, asked: QueryTable) -> str:
        from shared.rooms import tables  # SQLite is for those that have a table

        try:
            answer = tables.query(self._text(asked.filename), asked.sql)
        except tables.TableError as fault:
            return str(fault)
        return prompt_parts.tag("rows", tokens.truncate(answer, prompt_parts.FILE_TOKENS))

    def _read(self, asked: ReadFile) -> str:
        file = self.known.get(asked.filename)
        if file and self.sees and file.mime in files.IMAGES.values():
            return prompt_parts.image(file.filename) if self.image(file.filename) else "This picture cannot be seen."
        lines = self._text(asked.filename).splitlines()
        if asked.find:
            return prompt_parts.found_lines(asked.filename, prompt_parts.lines_with(lines, asked.find), len(lines))
        return prompt_parts.file_part(asked.filename, lines, max(1, asked.from_line))

    def image(self, filename: str) -> str | None:
        """A picture as a data URL; None where it is none, or too large. Raises UnavailableError."""
        if filename not in self.images:
            self.images[filename] = self._image(filename)
        return self.images[filename]

    def _image(self, filename: str) -> str | None:
        from shared.rooms.image_files import is_whole  # for rooms that have pictures

        file = self.known.get(filename)
        if file is None or file.size > MAX_IMAGE_BYTES:
            return None
        content = storage.get(file.key) or b""
        if not is_whole(content, file.mime):
            return None
        return f"data:{file.mime};base64,{base64.b64encode(content).decode()}"

    # ---------------------------------------------------------------------------------------------------------- writing
    def _draft(self, filename: str) -> tuple[AgentFile, str]:
        """This task's own file as it stands. Raises InvalidRequestError."""
        file = self.known.get(filename)
        if file is None or file.task_id is None:
            raise InvalidRequestError("There is no such file of yours: write_file begins one.")
        return file, self._text(filename)

    def _append(self, call_id: str, asked: WriteFile) -> str:
        file, text = self._draft(asked.filename)
        if call_id in self.repeated and asked.content in text:
            return _done(file)
        begun = text if text.endswith("\n") else f"{text}\n"
        return self._write(asked.filename, begun + asked.content, asked.description or file.description or "")

    def _edit(self, call_id: str, asked: EditFile) -> str:
        file, text = self._draft(asked.filename)
        if call_id in self.repeated and asked.old not in text and asked.new in text:
            return _done(file)
        if (times := text.count(asked.old)) != 1:
            return f"Nothing was changed: the passage stands in it {times} times."
        return self._write(asked.filename, text.replace(asked.old, asked.new), file.description or "")

    def _write(self, filename: str, content: str, description: str) -> str:
        try:
            name = files.check_name(filename)
            _encoded(content)
            screened = self.work.screen.file(name, content, self._judging(name))
            if self._is_owners(name):
                return "This name is that of a file which the owner gave. Use another one."
            file = self._stored(name, _encoded(screened.text), description)
        except InvalidRequestError as fault:
            return f"The file was not written. {fault.detail}"
        self.known[name] = file
        return self._to_be_mended(name, content, screened) or _done(file)

    def _judging(self, name: str) -> Judging:
        return Judging.DONE if name in self.mended else Judging.NEVER

    def _to_be_mended(self, name: str, content: str, screened: Screened) -> str | None:
        """Asked for once of each file: what is not safe then stays out, and what is only suspected stays in."""
        if name in self.mended:
            return f"Written without what is not safe: {name}. Leave it so." if screened.held else None
        held = tuple(dict.fromkeys((*screened.held, *self.work.screen.suspected(name, content))))
        if not held:
            return None
        self.mended.add(name)
        return prompts.mend(name, mend_request(held))

    def _is_owners(self, name: str) -> bool:
        return any(file.task_id is None and file.filename.casefold() == name.casefold() for file in self.known.values())

    def cite(self) -> None:
        """Check the quotes in this task's Markdown, and list their sources. Safe to repeat.

        Raises NotPermittedError, UnavailableError.
        """
        from shared.knowledge import queries  # for those that wrote something

        for file in [self.known[name] for name in sorted(self.written) if files.suffix(name) == MARKDOWN]:
            text = self._text(file.filename)
            names = citations.names_in(text)
            if not names:
                continue
            found = {citations.name_of(each): each for each in queries.passages_named(self.database, names)}
            cited = citations.cited(text, found)
            with contextlib.suppress(InvalidRequestError):  # it is full: then it stays as it was written
                self.known[file.filename] = self._stored(
                    file.filename, _encoded(cited.text), file.description or "", file.quotes_dropped + cited.dropped
                )

    def _stored(self, name: str, content: bytes, description: str, dropped: int = 0) -> AgentFile:
        sha256 = hashlib.sha256(content).hexdigest()
        file = AgentFile(
            filename=name,
            key=storage.key_of(self.work.room.folder_path, sha256, name),
            size=len(content),
            sha256=sha256,
            mime=files.mime_type(name),
            description=self.work.screen.said(storable(description)),
            task_id=self.work.task.id,
            status="draft",
            quotes_dropped=dropped,
        )
        # The row first: what is over a limit is never put, and what has a row is found when the room is deleted.
        if not step_queries.draft_file(self.database, self.work.worker, file):
            raise NotPermittedError("cancelled")
        storage.put(file.key, content, files.mime_type(name))
        return file


def _done(file: AgentFile) -> str:
    return f"Written: {file.filename}, {file.size} bytes, sha256 {file.sha256}."


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
