"""Plays a task room: plans by a template, lets each agent ask, gather and write, and reviews what can be counted."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from infra.local.offline_models.conversation import Json, Request
from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.pretend import documents, prompts, wishes
from infra.local.offline_models.pretend.prompts import ASK, LIST, READ, SEARCH, WRITE, Passage, Prompt
from infra.local.offline_models.pretend.quotes import Quote, collect_quotes
from infra.local.offline_models.pretend.reports import BY_RULES

MAX_READ, MAX_PASSAGES, MAX_QUOTES, MAX_REPAIRS = 6, 6, 3, 4
MAX_REQUEST = 1500  # characters of it in a brief: the agent sees the whole of it beside that
READABLE = (".md", ".txt", ".html", *documents.CODE)
PROSE = (".md", ".txt", ".html")


@dataclass(frozen=True)
class Move:
    """Calls to make, or what is said instead."""

    calls: tuple[tuple[str, Json], ...] = ()
    text: str = ""


async def play(request: Request, prompt: Prompt, embedder: Embedder) -> Move | None:
    """None when the request is none of a room: it is known by its answer's schema, or by the tools at hand."""
    members = set((request.schema or {}).get("properties", {}))
    if members == prompts.PLAN:
        return Move(text=json.dumps(_plan(prompt), ensure_ascii=False))
    if members == prompts.REVIEW:
        return Move(text=json.dumps(_review(prompt), ensure_ascii=False))
    return (
        await _Agent(prompt, prompt.role, embedder).next_move() if prompts.is_agent(request) and prompt.role else None
    )


def _plan(prompt: Prompt) -> Json:
    """Research for each question, code where it is asked for, and a document made of that."""
    request, roles = prompt.part("request"), prompt.listed("roles")
    names, shown = _Names(prompt), wishes.short(wishes.settled(request), MAX_REQUEST)
    tasks: list[Json] = []

    def add(role: str, name: str, brief: str, depends_on: Sequence[str] = ()) -> None:
        key = f"t{len(tasks) + 1}"
        tasks.append({"key": key, "role": role, "brief": brief, "deliverables": [name], "depends_on": [*depends_on]})

    questions = wishes.questions_of(request) if "researcher" in roles else []
    for number, question in enumerate(questions, start=1):
        name = names.pick("notes.md" if len(questions) == 1 else f"notes-{number}.md")
        add(
            "researcher",
            name,
            f"Look this up in the knowledge base, and quote it with its source in {name}:\n- {question}",
        )
    coded = any(names.wanted(ending) for ending in documents.CODE) or documents.code_is_wanted(request)
    if "coder" in roles and (coded or not {"researcher", "writer"} & {*roles}):
        name = names.pick(documents.usual_code(request), documents.CODE)
        add(
            "coder",
            name,
            f"Write {name}, small and complete, with the standard library only, for this request:\n{shown}",
        )
    if "writer" in roles:
        name = names.pick("guide.md" if "guide" in request.lower() else "document.md", PROSE)
        sources = ", ".join(source for task in tasks for source in task["deliverables"]) or "what the user gave"
        brief = f"Write {name} for this request:\n{shown}\nBuild it of {sources}; every quote keeps its source."
        add("writer", name, brief, [task["key"] for task in tasks])
    if words := wishes.owner_words(request):
        tasks[-1]["brief"] += f"\nBefore you begin, do what the owner wrote: {words}"
    criteria = [f"`{name}` is there and says what it is made of." for task in tasks for name in task["deliverables"]]
    usual = ["Every file that was planned is there and is not empty.", "Every file can be read to its end."]
    return {"criteria": [*criteria, *usual][:7], "tasks": tasks}


class _Names:
    """Names for deliverables: those that the request speaks of first, none twice and none that is taken."""

    def __init__(self, prompt: Prompt) -> None:
        types, named = prompt.listed("types"), wishes.named_files(prompt.part("request"))
        self._taken = {name.casefold() for name in prompt.files}
        self._named = [name for name, ending in named.items() if ending in types and name.casefold() not in self._taken]

    def wanted(self, *endings: str) -> list[str]:
        return [name for name in self._named if name.endswith(endings)]

    def pick(self, usual: str, endings: Sequence[str] = ()) -> str:
        options = [
            *(self.wanted(*endings) if endings else []),
            usual,
            *(f"{number}-{usual}" for number in range(2, 1000)),
        ]
        name = next(name for name in options if name.casefold() not in self._taken)
        self._taken.add(name.casefold())
        return name


@dataclass(frozen=True)
class _Agent:
    prompt: Prompt
    role: str
    embedder: Embedder

    async def next_move(self) -> Move:
        """The next call or calls; when the files are written, or cannot be, the last words."""
        questions = wishes.owner_questions(self.prompt.part("brief"))[len(self.prompt.done(ASK)) :]
        if questions:
            return Move(((ASK, {"question": questions[0]}),))
        if self.role != "coder" and (calls := self._gathering()):
            return Move(calls)
        due = self._due()
        sections = await self._sections() if self.role != "coder" else []
        return Move(tuple((WRITE, self._file(name, sections)) for name in due)) if due else self._last_words(sections)

    @property
    def _request(self) -> str:
        return wishes.settled(self.prompt.part("request"))

    @property
    def _owner(self) -> list[str]:
        """What the owner said beside the request."""
        answers = [answer for done in self.prompt.done(ASK) for answer in prompts.owner_answers(done)]
        return [*answers, *self.prompt.instructions]

    def _gathering(self) -> tuple[tuple[str, Json], ...]:
        """The next calls that bring material: a writer reads the room's files, all look up what is asked."""
        if self.role == "writer":
            listed, read = self.prompt.done(LIST), {done.arguments.get("filename") for done in self.prompt.done(READ)}
            if not listed:
                return ((LIST, {}),)
            names = sorted({name for done in listed for name in prompts.listed_files(done.result)} - {*self._mine})
            names = [name for name in names if PurePosixPath(name).suffix.lower() in READABLE][:MAX_READ]
            if unread := [name for name in names if name not in read]:
                return tuple((READ, {"filename": name}) for name in unread)
        searched = {done.arguments.get("query") for done in self.prompt.done(SEARCH)}
        return tuple((SEARCH, {"query": query}) for query in self._queries() if query not in searched)

    def _queries(self) -> list[str]:
        """The questions of the brief, or of the request; where there are notes only what the owner said since."""
        listed = [line[2:] for line in self.prompt.part("brief").splitlines() if line.startswith("- ")]
        asked = [] if self.prompt.done(READ) else listed or wishes.questions_of(self.prompt.part("request"))
        owner = [wishes.short(text, wishes.MAX_QUERY) for text in self._owner[: wishes.MAX_QUESTIONS]]
        return list(dict.fromkeys([*asked, *owner]))

    async def _sections(self) -> list[str]:
        sections: dict[str, str] = {}
        for name, text in (item for done in self.prompt.done(READ) for item in prompts.file_texts(done.result).items()):
            found = documents.quoting_sections(text)
            if not found and name.endswith(PROSE) and documents.TAIL not in text:
                quotes = await self._quotes(self._request, [Passage("1", name, "", text)])
                found = {name: documents.section(f"From {name}", quotes)} if quotes else {}
            sections |= found
        known: set[str] = set()
        for done in self.prompt.done(SEARCH):
            query = str(done.arguments.get("query", ""))
            quotes = await self._quotes(query, prompts.passages_in(done.result)[:MAX_PASSAGES])
            new = [quote for quote in quotes if quote.text not in known]
            known |= {quote.text for quote in new}
            nothing = "What was found on this is quoted above already." if quotes else "Nothing was found on this."
            sections[query] = documents.section(query, new, *([] if new else [nothing]))
        return [*self._decided(), *sections.values()]

    async def _quotes(self, question: str, passages: Sequence[Passage]) -> list[Quote]:
        return await collect_quotes(question, passages, self.embedder, MAX_QUOTES)

    def _decided(self) -> list[str]:
        asked = [(done.arguments.get("question"), prompts.owner_answers(done)) for done in self.prompt.done(ASK)]
        decided = [f"Question: {question}\nAnswer: {' '.join(answers)}" for question, answers in asked]
        sections = [documents.section("What you decided", (), *decided)] if decided else []
        added = self.prompt.instructions
        return sections + ([documents.section("What you added", (), *added)] if added else [])

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

    def _file(self, name: str, sections: Sequence[str]) -> dict[str, Any]:
        if self.role == "coder":
            content, about = documents.code(name, self._request, self._owner)
            return {"filename": name, "content": content, "description": about}
        title = f"Notes: {self._queries()[0]}" if self.role == "researcher" else wishes.title_of(self._request)
        asked = documents.section("What was asked", (), wishes.short(self._request, 600))
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


def _review(prompt: Prompt) -> Json:
    """By what the delivery check found and which files there are; it judges no sense."""
    problems, present = prompt.problems, prompt.files.keys()
    criteria = []
    for criterion in prompt.lines("criteria"):
        named = criterion.split("`")[1::2]  # a criterion that names no file is about all
        faults = [problem for name, problem in problems.items() if name in named or not named]
        faults += [f"{name} is not there." for name in named if name not in present and name not in problems]
        fine = "No problem was found. The offline model checks that files can be read, not what they mean."
        criteria.append({"criterion": criterion, "met": not faults, "reason": " ".join(faults) or fine})
    return {"criteria": criteria, "repairs": [_repair(prompt, *problem) for problem in problems.items()][:MAX_REPAIRS]}


def _repair(prompt: Prompt, name: str, problem: str) -> Json:
    request = prompt.part("request")
    role = "researcher" if name.startswith("notes") else "coder" if name.endswith(documents.CODE) else "writer"
    questions = "".join(f"\n- {question}" for question in wishes.questions_of(request) if role == "researcher")
    brief = f"{problem} Write {name} for this request:\n{wishes.short(wishes.settled(request), MAX_REQUEST)}{questions}"
    return {"role": role, "brief": brief, "deliverables": [name]}
