"""Finding the parts of a prompt of Hercules: the question, what may answer it, and what is known of the user."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

from infra.local.offline_models.conversation import Message

_PASSAGES = re.compile(r"<passages>\s*(.*?)\s*</passages>", re.DOTALL)
# passages are escaped, so a `<` is always a tag's
_PASSAGE = re.compile(r"<passage\b([^>]*)>\n?([^<]*?)\n?</passage>")
_ATTRIBUTE = re.compile(r"""(\w+)=(["'])(.*?)\2""")
_QUESTION = re.compile(r"<question>\s*(.*)\s*</question>", re.DOTALL)
_STATUS = re.compile(r'"(status)": "(\w+)"')

Json = dict[str, Any]


@dataclass(frozen=True)
class Passage:
    """A retrieved passage as its author wrote it."""

    id: str
    title: str
    heading: str
    text: str


@dataclass(frozen=True)
class Prompt:
    """What the user asked, what there is to answer it from, and what the application knows of the user.

    `results` are the answers to the model's own tool calls since the question, `proposals` those of earlier turns,
    `answers` what the model said in them. What is missing or cut off in the prompt is empty here.
    """

    question: str
    passages: tuple[Passage, ...] = ()
    profile: Json = field(default_factory=dict)
    plan: Json | None = None
    workouts: tuple[Json, ...] = ()
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    proposals: tuple[Json, ...] = ()
    results: tuple[Json, ...] = ()
    answers: tuple[str, ...] = ()

    @property
    def sessions(self) -> list[Json]:
        """The sessions of the plan that the user follows."""
        return list(self.plan.get("sessions", [])) if self.plan else []


def read_prompt(messages: Sequence[Message]) -> Prompt:
    """The last user message in its parts, without Hercules' tags the whole of it is the question; and its context."""
    asked = next((place for place in reversed(range(len(messages))) if messages[place].role == "user"), None)
    text = "" if asked is None else messages[asked].text
    system = "\n".join(message.text for message in messages if message.role in ("system", "developer"))
    question = _QUESTION.search(text)
    training = _object(_json(system, "training"))
    return Prompt(
        unescape(question[1]).strip() if question else text.strip(),
        passages_of(text),
        _object(_json(system, "profile")),
        _object(training.get("plan")) or None,
        _objects(training.get("workouts")),
        **_today(system),
        proposals=_objects(_json(text, "proposals")),
        results=tuple(_results(messages[asked:] if asked is not None else [])),
        answers=tuple(message.text for message in messages[:asked] if message.role == "assistant"),
    )


def passages_of(text: str) -> tuple[Passage, ...]:
    """The passages in a text of Hercules; one without an id gets its number as one."""
    block = _PASSAGES.search(text)
    found = _PASSAGE.finditer(block[1]) if block else iter(())
    return tuple(_passage(match[1], match[2], number) for number, match in enumerate(found, start=1))


def _passage(attributes: str, text: str, number: int) -> Passage:
    named = {name: unescape(value) for name, _, value in _ATTRIBUTE.findall(attributes)}
    return Passage(named.get("id", str(number)), named.get("title", ""), named.get("heading", ""), unescape(text))


def _block(text: str, tag: str) -> str | None:
    found = re.search(rf"<{tag}>\s*([^<]*?)\s*</{tag}>", text)
    return unescape(found[1]) if found else None


def _json(text: str, tag: str) -> Any:
    try:
        return json.loads(_block(text, tag) or "null")
    except ValueError:
        return None  # the application cuts a block that is too long


def _today(system: str) -> dict[str, date]:
    try:
        return {"today": date.fromisoformat(_block(system, "today") or "")}
    except ValueError:
        return {}


def _results(messages: Sequence[Message]) -> Iterator[Json]:
    """What the tools answered, each with the name of its tool."""
    names = {call.id: call.name for message in messages for call in message.calls}
    for message in messages:
        if message.role == "tool":
            try:
                result = _object(json.loads(message.text))
            except ValueError:  # a long one is cut, too, but begins with its status
                result = dict(_STATUS.findall(message.text)[:1])
            yield {"action_type": names[message.answers or ""], **result}


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> tuple[Json, ...]:
    return tuple(item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()
