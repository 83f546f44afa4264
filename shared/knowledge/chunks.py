"""Cuts a document into chunks at its headings and sentences.

400 to 700 tokens hold one thought with its reasons and still embed sharply; a section that must be cut is continued
with about 15 % of overlap, so that a sentence at the seam is found with what stands before it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from shared.llm import tokens

FULL = 400  # tokens from which a new section starts a new chunk
MOST = 700
OVERLAP = 90
# Reference lists name every topic and answer no question.
LEFT_OUT = frozenset({"sources", "references", "bibliography"})

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"'(\[A-Z0-9])")


@dataclass(frozen=True)
class Chunk:
    content: str
    heading: str  # path of the section it begins in, "Deload > How often"
    token_count: int


@dataclass(frozen=True)
class Document:
    title: str
    chunks: list[Chunk]


@dataclass
class _Section:
    path: list[str]
    lines: list[str] = field(default_factory=list)

    @property
    def heading(self) -> str:
        return " > ".join(self.path)

    def opening(self, *, whole_path: bool) -> list[str]:
        """Its heading as a line of Markdown, so that readers and models see where the prose begins."""
        shown = self.heading if whole_path else self.path[-1] if self.path else ""
        return [f"## {shown}"] if shown else []


@dataclass
class _Draft:
    heading: str
    parts: list[str]
    size: int


def chunk_markdown(text: str, fallback_title: str) -> Document:
    """Chunks of a Markdown or plain text; none when it has no words. The title is its first heading."""
    sections = [section for section in _sections(text) if not _left_out(section)]
    title = next((section.path[0] for section in sections if section.path), fallback_title)
    drafts: list[_Draft] = []
    for section in sections:
        _add(drafts, section)
    chunks = [Chunk(content, draft.heading, tokens.count(content)) for draft in drafts if (content := _join(draft))]
    return Document(title, chunks)


def _sections(text: str) -> Iterator[_Section]:
    section = _Section([])
    open_headings: list[tuple[int, str]] = []
    fenced = False
    for line in text.splitlines():
        fenced ^= bool(_FENCE.match(line))
        match = None if fenced else _HEADING.match(line)
        if match:
            yield section
            level = len(match[1])
            open_headings = [heading for heading in open_headings if heading[0] < level] + [(level, match[2])]
            section = _Section([title for _, title in open_headings])
        else:
            section.lines.append(line)
    yield section


def _left_out(section: _Section) -> bool:
    empty = not any(line.strip() for line in section.lines)
    return empty or any(heading.lower() in LEFT_OUT for heading in section.path)


def _add(drafts: list[_Draft], section: _Section) -> None:
    """Append a section to the last chunk where both fit together, else begin a new one with it."""
    units = list(_units("\n".join(section.lines)))
    opening = section.opening(whole_path=False)
    size = sum(map(tokens.count, opening + units))
    last = drafts[-1] if drafts else None
    if last is None or last.size >= FULL or last.size + size > MOST:
        _begin(drafts, section, [])
    else:
        last.parts += opening
        last.size += sum(map(tokens.count, opening))
    for unit in units:
        _append(drafts, section, unit)


def _begin(drafts: list[_Draft], section: _Section, overlap: list[str]) -> None:
    parts = section.opening(whole_path=True) + overlap
    drafts.append(_Draft(section.heading, parts, sum(map(tokens.count, parts))))


def _append(drafts: list[_Draft], section: _Section, unit: str) -> None:
    size = tokens.count(unit)
    if drafts[-1].size + size > MOST:
        _begin(drafts, section, _overlap(drafts[-1].parts))
    drafts[-1].parts.append(unit)
    drafts[-1].size += size


def _overlap(parts: list[str]) -> list[str]:
    kept: list[str] = []
    left = OVERLAP
    for part in reversed(parts[1:]):
        left -= tokens.count(part)
        if left < 0:
            break
        kept.insert(0, part)
    return kept


def _units(text: str) -> Iterator[str]:
    """Paragraphs; sentences where a paragraph is long; pieces where a sentence is longer than a chunk."""
    for paragraph in re.split(r"\n\s*\n", text):
        if tokens.count(paragraph) <= OVERLAP:
            yield from filter(None, [paragraph.strip()])
            continue
        for sentence in _SENTENCE_END.split(paragraph.strip()):
            rest = sentence
            while rest:
                piece = tokens.truncate(rest, MOST - 2 * OVERLAP)
                yield piece
                rest = rest[len(piece) :]


def _join(draft: _Draft) -> str:
    return "\n\n".join(part for part in draft.parts if part).strip()
