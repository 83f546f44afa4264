"""Cuts Markdown into chunks at its headings and sentences.

400 to 700 tokens hold one thought with its reasons and still embed sharply; a section that must be cut is continued
with about 15 % of overlap, so that a sentence at the seam is found with what stands before it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from shared.knowledge.units import FENCE, NEW_BLOCK, OVERLAP, size, units
from shared.llm import tokens

FULL = 400  # tokens from which a new section starts a new chunk
MAX_TOKENS = 700
CHAPTER = 150  # tokens from which a new heading of the first level does: it is another subject
# Reference lists name every topic and answer no question.
LEFT_OUT = frozenset({"sources", "references", "bibliography"})

HEADING = f"{NEW_BLOCK}## "
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")


@dataclass(frozen=True)
class Chunk:
    content: str
    heading: str  # path of the section it begins in, "Deload > How often"
    token_count: int


@dataclass
class _Section:
    path: list[str]
    chapter: str = ""  # its heading of the first level, if there is one
    lines: list[str] = field(default_factory=list)

    @property
    def heading(self) -> str:
        return " > ".join(self.path)

    def opening(self, *, whole_path: bool) -> list[str]:
        """Its heading as a line of Markdown, so that readers and models see where the prose begins."""
        shown = self.heading if whole_path else self.path[-1] if self.path else ""
        return [HEADING + shown] if shown else []


@dataclass
class _Draft:
    heading: str
    chapter: str
    parts: list[str]
    size: int

    @property
    def content(self) -> str:
        """What went on a paragraph opens one below a heading."""
        begun = [
            NEW_BLOCK + part.lstrip() if before.startswith(HEADING) and not part.startswith(NEW_BLOCK) else part
            for before, part in zip(["", *self.parts], self.parts, strict=False)
        ]
        return "".join(begun).strip()


def chunk_markdown(text: str, fallback_title: str) -> tuple[str, list[Chunk]]:
    """The title of a Markdown or plain text, which is its first heading, and its chunks: none when it has no words."""
    sections = [section for section in _sections(text) if not _left_out(section)]
    title = next((section.path[0] for section in sections if section.path), fallback_title)
    drafts: list[_Draft] = []
    for section in sections:
        _add(drafts, section)
    return title, [Chunk(draft.content, draft.heading, tokens.count(draft.content)) for draft in drafts]


def _sections(text: str) -> Iterator[_Section]:
    section = _Section([])
    open_headings: list[tuple[int, str]] = []
    fenced = False
    for line in text.splitlines():
        fenced ^= bool(FENCE.match(line))
        match = None if fenced else _HEADING.match(line)
        if match:
            yield section
            level = len(match[1])
            open_headings = [heading for heading in open_headings if heading[0] < level] + [(level, match[2])]
            chapter = open_headings[0][1] if open_headings[0][0] == 1 else ""
            section = _Section([title for _, title in open_headings], chapter)
        else:
            section.lines.append(line)
    yield section


def _left_out(section: _Section) -> bool:
    empty = not any(line.strip() for line in section.lines)
    return empty or any(heading.lower() in LEFT_OUT for heading in section.path)


def _add(drafts: list[_Draft], section: _Section) -> None:
    """Append a section to the last chunk where both fit together, else begin a new one with it."""
    opening = section.opening(whole_path=False)
    parts = [(unit, size(unit)) for unit in [*opening, *units(section.lines)]]
    if not drafts or not _continues(drafts[-1], section, sum(length for _, length in parts)):
        _begin(drafts, section, [])
        del parts[: len(opening)]
    for unit, length in parts:
        if drafts[-1].size + length > MAX_TOKENS:
            _begin(drafts, section, _overlap(drafts[-1].parts))
        drafts[-1].parts.append(unit)
        drafts[-1].size += length


def _continues(last: _Draft, section: _Section, length: int) -> bool:
    full = FULL if last.chapter == section.chapter else CHAPTER
    return last.size < full and last.size + length <= MAX_TOKENS


def _begin(drafts: list[_Draft], section: _Section, overlap: list[str]) -> None:
    parts = section.opening(whole_path=True) + overlap
    drafts.append(_Draft(section.heading, section.chapter, parts, sum(map(size, parts))))


def _overlap(parts: list[str]) -> list[str]:
    """The last units that together are short enough."""
    kept: list[str] = []
    left = OVERLAP
    for part in reversed(parts[1:]):
        left -= size(part)
        if left < 0:
            break
        kept.insert(0, part)
    return kept
