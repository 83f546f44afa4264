"""Reads the prompts of Hercules: the one module here that knows how they are written."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from html import unescape
from typing import Any

from infra.local.offline_models.conversation import Json, Message, Request

PLAN, REVIEW = {"criteria", "tasks"}, {"criteria", "repairs"}  # members of a room's plan, and of its review
ASK, READ, SEARCH, WRITE = "ask_owner", "read_file", "search_knowledge", "write_file"
WRITTEN = "Written: "  # what a file that was taken is answered with
_REMINDER = "These deliverables are not written yet:"
_SESSION = re.compile(
    r"^- (.+?) \(\d+ min[^)]*\): (.+)$", re.MULTILINE
)  # of a plan, as shared.training.digest writes it
_EXERCISE = re.compile(r"(?:^|; )(.+?): \d")
_ROLE = re.compile(r"^Role: (researcher|writer|coder)\.", re.MULTILINE)
_PASSAGES = re.compile(r"<passages>\s*(.*?)\s*</passages>", re.DOTALL)
# What users and documents say is escaped, so a `<` is always a tag's.
_PASSAGE = re.compile(r"<passage\b([^>]*)>\n?([^<]*?)\n?</passage>")
_ATTRIBUTE = re.compile(r"""(\w+)=(["'])(.*?)\2""")
_FILE = re.compile(r'<file name="([^"]*)"[^>]*>\n?([^<]*?)\n?</file>')
_ROW = re.compile(r"^(.+?) \(\d+ bytes\): ?(.*)$", re.MULTILINE)  # `name (12 bytes): description`
_EARLIER = re.compile(r"^- (\w+) (\{.*?\})(?: x\d+)?: (.*)$", re.MULTILINE)
_PROBLEM = re.compile(r"(.+\.\w+) (?:was not|is not|is empty|cannot be)\b")


@dataclass(frozen=True)
class Passage:
    """A retrieved passage as its author wrote it."""

    id: str
    title: str
    heading: str
    text: str


@dataclass(frozen=True)
class Done:
    """A call that was answered."""

    tool: str
    arguments: Json
    result: str


@dataclass(frozen=True)
class Prompt:
    """What the messages of a request say. What is missing or cut off in them is empty here."""

    messages: tuple[Message, ...]

    @cached_property
    def system(self) -> str:
        return "\n".join(message.text for message in self.messages if message.role in ("system", "developer"))

    @cached_property
    def _users(self) -> list[str]:
        return [message.text for message in self.messages if message.role == "user"] or [""]

    @cached_property
    def question(self) -> str:
        """What the user asked last; without Hercules' tags the whole message is the question."""
        found = re.search(r"<question>\s*(.*)\s*</question>", self._users[-1], re.DOTALL)
        return (unescape(found[1]) if found else self._users[-1]).strip()

    @property
    def asked_before(self) -> list[str]:
        """The user's questions before this one, newest first."""
        return self._users[-2::-1]

    @property
    def passages(self) -> list[Passage]:
        return passages_in(self._users[-1])

    @property
    def wants_json(self) -> bool:
        return "Answer in JSON" in self.system

    @property
    def wants_citations(self) -> bool:
        return '"citations"' in self.system

    @property
    def wants_verdict(self) -> bool:
        return '"urgent"' in self.system

    # What the coach knows of the user.
    @cached_property
    def profile(self) -> Json:
        return _object(_json(_first(self.system, "profile")))

    @cached_property
    def sessions(self) -> list[Json]:
        """Those of the plan that the user follows."""
        found = _SESSION.findall(_first(self.system, "training"))
        return [
            {"name": name, "exercises": [{"name": each} for each in _EXERCISE.findall(work)]} for name, work in found
        ]

    @property
    def today(self) -> date:
        try:
            return date.fromisoformat(_first(self.system, "today")[:10])
        except ValueError:
            return datetime.now(UTC).date()

    @property
    def declined(self) -> list[Json]:
        """Earlier proposals that the user rejected, with the reason if there is one."""
        made = _json(_first(self._users[-1], "proposals"))
        return [each for each in made or [] if each.get("status") == "rejected" and each.get("decision") != "expired"]

    @property
    def answers(self) -> list[str]:
        return [message.text for message in self.messages if message.role == "assistant"]

    @property
    def results(self) -> list[Json]:
        """What became of the model's calls since the question."""
        last = max((place for place, each in enumerate(self.messages) if each.role == "user"), default=0)
        return [{"action_type": done.tool, **_result(done.result)} for done in _done(self.messages[last:])]

    # What an agent of a room is told: the first message has it all, later ones only add to it.
    @property
    def role(self) -> str | None:
        return found[1] if (found := _ROLE.search(self.system)) else None

    def part(self, tag: str) -> str:
        """The request, the brief, … of a room."""
        return _first(self._users[0], tag)

    def lines(self, tag: str) -> list[str]:
        return [line.removeprefix("- ").strip() for line in self.part(tag).splitlines() if line.strip()]

    def listed(self, tag: str) -> list[str]:
        return re.split(r",\s*", self.part(tag))

    @property
    def instructions(self) -> list[str]:
        """The owner's later words, wherever they came."""
        return [text for each in self._users for text in _blocks(each, "instructions")]

    @property
    def reminders(self) -> int:
        """How often the agent was told that files are missing."""
        return sum(text.startswith(_REMINDER) for text in self._users)

    @property
    def files(self) -> dict[str, str]:
        """Descriptions of the room's files, by name; for a reviewer their texts."""
        return listed_files(self._users[0]) | file_texts(self._users[0])

    @property
    def problems(self) -> dict[str, str]:
        """What the delivery check found, by file."""
        return {found[1]: line for line in self.lines("problems") if (found := _PROBLEM.match(line))}

    def done(self, tool: str) -> list[Done]:
        """The answered calls of a tool, in their order."""
        return [each for each in _done(self.messages) if each.tool == tool]


def is_agent(request: Request) -> bool:
    """Whether an agent of a room asks: only it can write files."""
    tools = {tool.name for tool in request.tools}
    return tools >= {ASK, WRITE} and request.tool_choice == "auto" and not request.named_tool


def passages_in(text: str) -> list[Passage]:
    """The passages in a text; one without an id gets its number as one."""
    block = _PASSAGES.search(text)
    found = enumerate(_PASSAGE.findall(block[1]) if block else [], start=1)
    return [_passage(attributes, inside, number) for number, (attributes, inside) in found]


def owner_answers(done: Done) -> list[str]:
    return _blocks(done.result, "answer")


def listed_files(text: str) -> dict[str, str]:
    return {name: about for block in _blocks(text, "files") for name, about in _ROW.findall(block)}


def file_texts(text: str) -> dict[str, str]:
    return {unescape(name): unescape(content) for name, content in _FILE.findall(text)}


def _passage(attributes: str, text: str, number: int) -> Passage:
    named = {name: unescape(value) for name, _, value in _ATTRIBUTE.findall(attributes)}
    return Passage(named.get("id", str(number)), named.get("title", ""), named.get("heading", ""), unescape(text))


def _blocks(text: str, tag: str) -> list[str]:
    return [unescape(found).strip() for found in re.findall(rf"<{tag}>([^<]*)</{tag}>", text)]


def _first(text: str, tag: str) -> str:
    return next(iter(_blocks(text, tag)), "")


def _json(text: str) -> Any:
    """None for what is no JSON: the application cuts a text that is too long."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _result(text: str) -> Json:
    """Of one that was cut off the status is left, with which it begins."""
    return _object(_json(text)) or dict(re.findall(r'"(status)": "(\w+)"', text)[:1])


def _done(messages: tuple[Message, ...]) -> Iterator[Done]:
    results = {message.answers: message.text for message in messages if message.role == "tool"}
    for message in messages:
        if message.role == "user":
            yield from _done_earlier(message.text)
        for call in message.calls:
            if call.id in results:
                yield Done(call.name, _object(_json(call.arguments)), results[call.id])


def _done_earlier(text: str) -> Iterator[Done]:
    """Of older calls the application keeps a line each: the tool, its arguments, what came of it."""
    for tool, arguments, result in (found for block in _blocks(text, "earlier") for found in _EARLIER.findall(block)):
        yield Done(tool, _object(_json(arguments)), result)


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
