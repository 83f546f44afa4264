"""Quotes in the Markdown that agents deliver: checked against their passages, numbered, their sources listed.

An agent puts a passage's name behind a quote, "…" [k1a2b3c4d], and reads files so. What is delivered has [1] there, and
at its end the sources with their names, from which the other form can be had again.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Protocol
from uuid import UUID

from shared.safety.markup import strip_markup

MOST = 100  # passages that one file may name
_NAME = r"k[0-9a-f]{8}"
_MARK = re.compile(rf"(?P<blank>[ \t]*)\[(?P<name>{_NAME})\]")
_OPEN, _CLOSE = '"\u201c\u201e\u00ab\u00bb', '"\u201c\u201d\u00bb\u00ab'
# Up to 600 characters within quotation marks, a sentence or two, right before a mark or several.
_QUOTED = re.compile(
    rf"[{_OPEN}]([^{_OPEN}{_CLOSE}]{{2,600}})[{_CLOSE}][.,;:!?]?(?:\s{{0,2}}\[{_NAME}\]){{0,8}}\s{{0,2}}\Z"
)
_RULE = "\n\n---\n\n"
_SOURCE = re.compile(rf"^(?P<number>\d{{1,3}})\. .* \((?P<name>{_NAME})\)$", re.MULTILINE)
_LIST = re.compile(rf"\n\n---\n\n(?:\d{{1,3}}\. [^\n]* \({_NAME}\)\n?)+\Z")


class Source(Protocol):
    """A passage, as far as it is told."""

    @property
    def chunk_id(self) -> UUID: ...
    @property
    def title(self) -> str: ...
    @property
    def heading(self) -> str | None: ...
    @property
    def content(self) -> str: ...


@dataclass(frozen=True)
class Cited:
    """A text with its sources; `dropped` quotes stand in no passage of theirs, and have no mark any more."""

    text: str
    dropped: int = 0


def name_of(passage: Source) -> str:
    """By which an agent cites it, in every file of a room."""
    return f"k{passage.chunk_id.hex[:8]}"


def names_in(text: str) -> list[str]:
    """The passages that a text names, in their order."""
    return list(dict.fromkeys(mark["name"] for mark in _MARK.finditer(uncited(text))))[:MOST]


def uncited(text: str) -> str:
    """As an agent wrote it: with the names of passages, and without the list of sources."""
    found = _LIST.search(text)
    if not found:
        return text
    names = {source["number"]: source["name"] for source in _SOURCE.finditer(found[0])}
    body = text[: found.start()]
    return re.sub(r"\[(\d{1,3})\](?![(:])", lambda mark: f"[{names.get(mark[1], mark[1])}]", body)


def cited(text: str, passages: Mapping[str, Source]) -> Cited:
    """As it is delivered. A mark stays where its passage is there and, behind a quote, has the quote's words."""
    from shared.knowledge.quotes import find_quote  # for those that cite

    written = uncited(text)
    kept: list[str] = []
    parts: list[str] = []
    at = dropped = 0
    for mark in _MARK.finditer(written):
        parts.append(written[at : mark.start()])
        at = mark.end()
        passage = passages.get(mark["name"])
        quoted = _QUOTED.search(written, max(0, mark.start() - 800), mark.start())
        if passage is None or (quoted and find_quote(quoted[1], passage.content) is None):
            dropped += 1
            continue
        if mark["name"] not in kept:
            kept.append(mark["name"])
        parts.append(f"{mark['blank']}[{kept.index(mark['name']) + 1}]")
    body = "".join([*parts, written[at:]])
    return Cited(body.rstrip() + _listed(kept, passages) if kept else body, dropped)


def _listed(names: Sequence[str], passages: Mapping[str, Source]) -> str:
    lines = (f"{number}. {_said(passages[name])} ({name})" for number, name in enumerate(names, 1))
    return _RULE + "\n".join(lines) + "\n"


def _said(passage: Source) -> str:
    words = ": ".join(filter(None, [passage.title, passage.heading]))
    return escape(" ".join(strip_markup(words).split()), quote=False)
