"""What an agent does next, seen from what it was told and what it has done: ask, gather, write, and say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from infra.local.offline_models import extractive
from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.room_roles import coder, quoting, wishes
from infra.local.offline_models.room_roles.room_document import Document, Section, render
from infra.local.offline_models.room_roles.room_prompt import Done, RoomPrompt, blocks, lines, listed_files

MOST_READ = 6  # files
MOST_CHECKED = 3  # answers and instructions of the owner that are looked up
READABLE = (".md", ".txt", ".html", ".csv", ".json", ".py", ".js", ".css", ".sql", ".yaml", ".yml")
ASK, LIST, READ, SEARCH, WRITE = "ask_owner", "list_files", "read_file", quoting.SEARCH, "write_file"
_WRITTEN = "Written: "

ToolCall = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Move:
    """Calls to make, or what is said instead."""

    calls: tuple[ToolCall, ...] = ()
    text: str = ""


@dataclass(frozen=True)
class Agent:
    role: str
    prompt: RoomPrompt
    embedder: Embedder = field(repr=False)

    async def next_move(self) -> Move:
        """The next call or calls; when the files are written, or cannot be, the last words."""
        if question := self._question():
            return Move(((ASK, {"question": question}),))
        if self.role == "coder":
            return self._writing([]) or self._last_words([])
        if calls := self._gathering():
            return Move(calls)
        sections = await self._sections()
        return self._writing(sections) or self._last_words(sections)

    @property
    def _answers(self) -> list[tuple[str, str]]:
        """The owner's answers with their questions."""
        return [
            (str(done.arguments.get("question", "")), answer)
            for done in self.prompt.done(ASK)
            for answer in blocks(done.result, "answer")
        ]

    @property
    def _owner(self) -> list[str]:
        """What the owner said beside the request."""
        return [*(answer for _, answer in self._answers), *self.prompt.instructions]

    def _question(self) -> str | None:
        """What the brief wants the owner to be asked and has not been."""
        asked = len(self.prompt.done(ASK))
        return next(iter(wishes.owner_questions(self.prompt.brief)[asked:]), None)

    def _gathering(self) -> tuple[ToolCall, ...]:
        """The next calls that bring material; none when all is there."""
        if self.role == "writer":
            listed = self.prompt.done(LIST)
            if not listed:
                return ((LIST, {}),)
            read = {done.arguments.get("filename") for done in self.prompt.done(READ)}
            wanted = [name for name in self._readable(listed) if name not in read][: MOST_READ - len(read)]
            if wanted:
                return tuple((READ, {"filename": name}) for name in wanted)
        searched = {done.arguments.get("query") for done in self.prompt.done(SEARCH)}
        return tuple((SEARCH, {"query": query}) for query in self._queries() if query not in searched)

    def _readable(self, listed: Sequence[Done]) -> list[str]:
        names = sorted({name for done in listed for name in listed_files(done.result)})
        mine = self.prompt.deliverables
        return [name for name in names if name not in mine and PurePosixPath(name).suffix.lower() in READABLE]

    def _queries(self) -> list[str]:
        """A researcher looks up the questions of the brief; a writer what the owner said since, or has no notes on."""
        owner = [wishes.short(text, wishes.LONGEST_QUERY) for text in self._owner[:MOST_CHECKED]]
        if self.role == "writer" and self.prompt.done(READ):
            return owner
        listed = [line[2:] for line in self.prompt.brief.splitlines() if line.startswith("- ")]
        asked = [question for question in wishes.questions_of(self.prompt.brief) if question.endswith("?")]
        return list(dict.fromkeys([*(listed or asked or wishes.questions_of(self.prompt.request)), *owner]))

    async def _sections(self) -> list[Section]:
        read = await quoting.of_files(self.prompt.done(READ), wishes.settled(self.prompt.request), self.embedder)
        found = await quoting.found(self.prompt.done(SEARCH), self.embedder)
        return [*self._decisions(), *read, *found, *self._sources_read()]

    def _decisions(self) -> list[Section]:
        """What the owner answered and ordered, word for word."""
        answered = [f"Question: {question}\nAnswer: {answer}" for question, answer in self._answers]
        sections = [Section("What you decided", notes=answered)] if answered else []
        instructed = self.prompt.instructions
        told = "The offline model cannot follow instructions in free words; it looked up what the knowledge base says."
        return sections + ([Section("What you added", notes=[*instructed, told])] if instructed else [])

    def _sources_read(self) -> list[Section]:
        """The files of the room, in the words of those who wrote them."""
        described: dict[str, str] = {}
        for done in self.prompt.done(LIST):
            described |= listed_files(done.result)
        others = [name for name in sorted(described) if name not in self.prompt.deliverables]
        rows = [f"- `{name}`: {described[name]}" if described[name] else f"- `{name}`" for name in others]
        return [Section("Files that this is made of or goes with", notes=["\n".join(rows)])] if rows else []

    def _writing(self, sections: Sequence[Section]) -> Move | None:
        """The files that are not written yet; a refused one is tried again only when the agent is told so."""
        tried = [str(done.arguments.get("filename")) for done in self.prompt.done(WRITE)]
        written = self._written()
        due = [
            name
            for name in self.prompt.deliverables
            if name not in written and tried.count(name) <= self.prompt.reminders
        ]
        return Move(tuple((WRITE, self._file(name, sections)) for name in due)) if due else None

    def _written(self) -> list[str]:
        done = self.prompt.done(WRITE)
        return [str(each.arguments.get("filename")) for each in done if each.result.startswith(_WRITTEN)]

    def _file(self, name: str, sections: Sequence[Section]) -> dict[str, Any]:
        request = wishes.settled(self.prompt.request)
        if self.role == "coder":
            content, about = coder.written(name, request, self._owner)
        else:
            document = Document(self._title(request), [Section("What was asked", notes=[_shown(request)]), *sections])
            content, about = render(document, name), f"{_count(document.quotes, 'quote')} on: {document.title}"
        return {"filename": name, "content": content, "description": about}

    def _title(self, request: str) -> str:
        return f"Notes: {self._queries()[0]}" if self.role == "researcher" else wishes.title_of(request)

    def _last_words(self, sections: Sequence[Section]) -> Move:
        written = self._written()
        said = [f"I wrote {', '.join(written)}." if written else "I wrote nothing."]
        if self.role != "coder":
            quotes = sum(len(section.quotes) for section in sections)
            said.append(f"There are {_count(quotes, 'quote')} in it, each with its source.")
        said += [f"Nothing was found on: {section.heading}" for section in sections if _is_empty(section)]
        refused = [done.result for done in self.prompt.done(WRITE) if not done.result.startswith(_WRITTEN)]
        return Move(text=" ".join([*said, *refused, extractive.RULES_TAIL]))


def _is_empty(section: Section) -> bool:
    return any(note.startswith("Nothing was found") for note in section.notes)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _shown(request: str) -> str:
    return " ".join(lines(wishes.short(request, 600)))
