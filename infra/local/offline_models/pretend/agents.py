"""Plays an agent of a task room: it asks what it is told to ask, gathers, writes its files, and says what it did."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from infra.local.offline_models.conversation import Json
from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.pretend import documents, prompts, room_requests
from infra.local.offline_models.pretend.prompts import ASK, READ, SEARCH, WRITE, Prompt
from infra.local.offline_models.pretend.quotes import find_quotes
from infra.local.offline_models.pretend.reports import BY_RULES

MAX_READ, MAX_PASSAGES = 6, 6
MAX_REQUEST = 600  # characters of the request in a document
READABLE = (".md", ".txt", ".html", *documents.CODE)


@dataclass(frozen=True)
class Move:
    """Calls to make, or what is said instead."""

    calls: tuple[tuple[str, Json], ...] = ()
    text: str = ""


@dataclass(frozen=True)
class Agent:
    prompt: Prompt
    role: str
    embedder: Embedder

    async def next_move(self) -> Move:
        """The next call or calls; when the files are written, or cannot be, the last words."""
        questions = room_requests.owner_questions(self.prompt.part("brief"))[len(self.prompt.done(ASK)) :]
        if questions:
            return Move(((ASK, {"question": questions[0]}),))
        if self.role != "coder" and (calls := self._gathering()):
            return Move(calls)
        sections = await self._sections() if self.role != "coder" else []
        if due := self._due():
            return Move(tuple((WRITE, self._file(name, sections)) for name in due))
        return self._last_words(sections)

    @property
    def _request(self) -> str:
        return room_requests.settled(self.prompt.part("request"))

    @property
    def _owner(self) -> list[str]:
        """What the owner said beside the request."""
        answers = [answer for done in self.prompt.done(ASK) for answer in prompts.owner_answers(done)]
        return [*answers, *self.prompt.instructions]

    def _gathering(self) -> tuple[tuple[str, Json], ...]:
        """The next calls that bring material: a writer reads the room's files, all look up what is asked."""
        if self.role == "writer":
            names = set(self.prompt.files) - {*self._mine}
            readable = sorted(name for name in names if PurePosixPath(name).suffix.lower() in READABLE)[:MAX_READ]
            read = {done.arguments.get("filename") for done in self.prompt.done(READ)}
            if unread := [name for name in readable if name not in read]:
                return tuple((READ, {"filename": name}) for name in unread)
        # Older ones are cut short.
        searched = {str(done.arguments.get("query")).rstrip("…") for done in self.prompt.done(SEARCH)}
        return tuple((SEARCH, {"query": query}) for query in self._queries() if not query.startswith(tuple(searched)))

    def _queries(self) -> list[str]:
        """The questions of the brief, or of the request; where there are notes only what the owner said since."""
        listed = [line[2:] for line in self.prompt.part("brief").splitlines() if line.startswith("- ")]
        asked = [] if self.prompt.done(READ) else listed or room_requests.questions_of(self.prompt.part("request"))
        owner = [room_requests.short(text, room_requests.MAX_QUERY) for text in self._owner]
        return list(dict.fromkeys([*asked, *owner[: room_requests.MAX_QUESTIONS]]))

    async def _sections(self) -> list[str]:
        """What the owner said, what the notes quote, what was found."""
        sections = {"What you said": documents.section("What you said", (), *self._owner)} if self._owner else {}
        for done in self.prompt.done(READ):
            for text in prompts.file_texts(done.result).values():
                sections |= documents.quoting_sections(text)
        quoted: set[str] = set()
        for done in self.prompt.done(SEARCH):
            query, passages = str(done.arguments.get("query", "")), prompts.passages_in(done.result)[:MAX_PASSAGES]
            quotes = await find_quotes(query, passages, self.embedder)
            new = [quote for quote in quotes if quote.text not in quoted]
            quoted |= {quote.text for quote in new}
            nothing = "What was found on this is quoted above already." if quotes else "Nothing was found on this."
            sections[query] = documents.section(query, new, *([] if new else [nothing]))
        return list(sections.values())

    @property
    def _mine(self) -> list[str]:
        return self.prompt.lines("deliverables")

    @property
    def _written(self) -> list[str]:
        done = self.prompt.done(WRITE)
        return [str(each.arguments.get("filename")) for each in done if each.result.startswith(prompts.WRITTEN)]

    def _due(self) -> list[str]:
        """A refused file is tried again only when the agent is told that it is missing."""
        tried = [str(done.arguments.get("filename")) for done in self.prompt.done(WRITE)]
        mine = (name for name in self._mine if name not in self._written)
        return [name for name in mine if tried.count(name) <= self.prompt.reminders]

    def _file(self, name: str, sections: Sequence[str]) -> Json:
        if self.role == "coder":
            about = "From the offline model's fixed choice of files."
            return {"filename": name, "content": documents.code(name, self._request, self._owner), "description": about}
        title = f"Notes: {self._queries()[0]}" if self.role == "researcher" else room_requests.title_of(self._request)
        asked = documents.section("What was asked", (), room_requests.short(self._request, MAX_REQUEST))
        content = documents.as_file(name, documents.document(title, [asked, *sections]))
        return {"filename": name, "content": content, "description": f"Quotes on: {title}"}

    def _last_words(self, sections: Sequence[str]) -> Move:
        said = [f"I wrote {', '.join(self._written)}." if self._written else "I wrote nothing."]
        if self.role != "coder":
            quotes = sum(text.count("\nSource: ") for text in sections)
            said.append(f"There are {quotes} quotes in it, each with its source.")
        nothing = [text.splitlines()[0].removeprefix("## ") for text in sections if "Nothing was found" in text]
        said += [f"Nothing was found on: {heading}" for heading in nothing]
        refused = (done.result for done in self.prompt.done(WRITE) if not done.result.startswith(prompts.WRITTEN))
        return Move(text=" ".join([*said, *refused, BY_RULES]))
