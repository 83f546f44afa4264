"""Finding the parts of what an agent of a task room is told, and what it has done so far."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

from infra.local.offline_models.conversation import Message

# `name (12 bytes): description`
_ROW = re.compile(r"^(?P<name>.+?) \(\d+ bytes\): ?(?P<description>.*)$", re.MULTILINE)
_FILE = re.compile(r'<file name="([^"]*)"[^>]*>\n?([^<]*?)\n?</file>')
_ROLE = re.compile(r"^Your role: (researcher|writer|coder)\.", re.MULTILINE)
_REMINDER = re.compile(r"\AThese deliverables are not written yet: ")


@dataclass(frozen=True)
class Done:
    """A call that was answered."""

    tool: str
    arguments: dict[str, Any]
    result: str


@dataclass(frozen=True)
class RoomPrompt:
    """What a request to the model says of a room. What is missing in it is empty here."""

    messages: tuple[Message, ...]

    @property
    def told(self) -> str:
        """The opening: later messages only add to it."""
        return next((message.text for message in self.messages if message.role == "user"), "")

    @property
    def role(self) -> str | None:
        """As the system prompt names it in a line of its own."""
        system = "\n".join(message.text for message in self.messages if message.role in ("system", "developer"))
        return found[1] if (found := _ROLE.search(system)) else None

    @property
    def request(self) -> str:
        return self.one("request")

    @property
    def brief(self) -> str:
        return self.one("brief")

    @property
    def deliverables(self) -> list[str]:
        return lines(self.one("deliverables"))

    @property
    def instructions(self) -> list[str]:
        """The owner's later words, wherever they came."""
        said = (message.text for message in self.messages if message.role == "user")
        return [text for each in said for text in blocks(each, "instructions")]

    @property
    def reminders(self) -> int:
        """How often the agent was told that files are missing."""
        return sum(bool(_REMINDER.match(message.text)) for message in self.messages if message.role == "user")

    def one(self, tag: str) -> str:
        return next(iter(blocks(self.told, tag)), "")

    def done(self, *tools: str) -> list[Done]:
        """The answered calls of these tools, in their order."""
        return [each for each in _done(self.messages) if each.tool in tools]


def blocks(text: str, tag: str) -> list[str]:
    """What stands in each `<tag>`: it is escaped, so a `<` is always a tag's."""
    return [unescape(found).strip() for found in re.findall(rf"<{tag}>([^<]*)</{tag}>", text)]


def lines(text: str) -> list[str]:
    """The lines of a block, without the dashes of a list."""
    return [line.removeprefix("- ").strip() for line in text.splitlines() if line.strip()]


def listed_files(text: str) -> dict[str, str]:
    """The descriptions of the files in a `<files>` list, by their names."""
    return {row["name"]: row["description"] for block in blocks(text, "files") for row in _ROW.finditer(block)}


def file_texts(text: str) -> dict[str, str]:
    return {unescape(name): unescape(content) for name, content in _FILE.findall(text)}


def _done(messages: Sequence[Message]) -> Iterator[Done]:
    results = {message.answers: message.text for message in messages if message.role == "tool"}
    for message in messages:
        for call in message.calls:
            if call.id in results:
                yield Done(call.name, _arguments(call.arguments), results[call.id])


def _arguments(text: str) -> dict[str, Any]:
    try:
        arguments = json.loads(text)
    except ValueError:
        return {}
    return arguments if isinstance(arguments, dict) else {}
