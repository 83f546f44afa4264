"""Cutting a passage (plain text or Markdown) into sentences without changing a letter of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A line of its own ends what stands before it: a blank line, a heading, a list item, a table row.
_BLOCK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*+]|\d+[.)]|#+|\|)\s)")
_GAP = re.compile(r"\s*(?:(?:[-*+]|\d+[.)])\s+)?")
_LETTER = re.compile(r"[^\W\d_]")
_MARKER = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+")
_NOT_PROSE = re.compile(r"\s*(?:#|\||```)|.*://", re.DOTALL)
_END = re.compile(r"[.!?][\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9])")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|approx|ca|cf|Dr|No|Fig|al)|\b[A-Z])\.$")
# What opens so leans on the sentence before it.
_LEANING = re.compile(r"(?:It|Its|They|Their|Them|This|That|These|Those|Such|Then|But|So|However|Otherwise)\b")


@dataclass(frozen=True)
class Sentence:
    """`text[start:end]` of its passage.

    `follows`: nothing but white space or a list marker is between it and the sentence before, so that both can be
    quoted as one. `leans`: it follows, and makes little sense without the one before.
    """

    start: int
    end: int
    text: str
    follows: bool
    leans: bool


def split(text: str) -> list[Sentence]:
    """The sentences of prose and lists in reading order; headings, tables and links are left out."""
    found: list[Sentence] = []
    for first, last in _blocks(text):
        for start, end in _sentences(text, first, last):
            if _LETTER.search(text, start, end):
                words = text[start:end]
                follows = bool(found) and bool(_GAP.fullmatch(text, found[-1].end, start))
                found.append(Sentence(start, end, words, follows, follows and bool(_LEANING.match(words))))
    return found


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    starts = [0, *(match.end() for match in _BLOCK.finditer(text))]
    for first, last in zip(starts, [*starts[1:], len(text)], strict=True):
        if not _NOT_PROSE.match(text, first, last):
            marker = _MARKER.match(text, first, last)
            yield (marker.end() if marker else first), last


def _sentences(text: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    start = first
    for match in _END.finditer(text, first, last):
        if not _ABBREVIATION.search(text, start, match.start() + 1):
            yield _trimmed(text, start, match.end())
            start = match.end()
    yield _trimmed(text, start, last)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    inner = text[start:end]
    return end - len(inner.lstrip()), start + len(inner.rstrip())
