"""Finding the question, and the passages that may answer it, in a prompt of Hercules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape

from infra.local.offline_models.schemas import Message

_PASSAGES = re.compile(r"<passages>\s*(.*?)\s*</passages>", re.DOTALL)
# passages are escaped, so a `<` is always a tag's
_PASSAGE = re.compile(r"<passage\b([^>]*)>\n?([^<]*?)\n?</passage>")
_ATTRIBUTE = re.compile(r"""(\w+)=(["'])(.*?)\2""")
_QUESTION = re.compile(r"<question>\s*(.*)\s*</question>", re.DOTALL)


@dataclass(frozen=True)
class Passage:
    """A retrieved passage as its author wrote it."""

    id: str
    title: str
    heading: str
    text: str


@dataclass(frozen=True)
class Prompt:
    """What the user asked, and what there is to answer it from."""

    question: str
    passages: tuple[Passage, ...] = ()


def read_prompt(messages: Sequence[Message]) -> Prompt:
    """The last user message in its parts; without Hercules' tags the whole of it is the question."""
    text = next((message.text for message in reversed(messages) if message.role == "user"), "")
    block = _PASSAGES.search(text)
    question = _QUESTION.search(text)
    return Prompt(
        unescape(question[1]).strip() if question else text.strip(),
        tuple(_passage(*match.groups()) for match in _PASSAGE.finditer(block[1])) if block else (),
    )


def _passage(attributes: str, text: str) -> Passage:
    named = {name: unescape(value) for name, _, value in _ATTRIBUTE.findall(attributes)}
    return Passage(named.get("id", ""), named.get("title", ""), named.get("heading", ""), unescape(text))
