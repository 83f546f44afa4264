"""Cuts documents into chunks: a section each, under the path of its headings.

A vector holds one thought well and three badly, so a section is a chunk of its own; short ones under the same heading
go together. One that must be cut is continued with an eighth of overlap, so that a sentence at the seam is found with
what stands before it.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from shared.knowledge.formats import from_markdown
from shared.knowledge.formats.document import Block, Document
from shared.knowledge.formats.titles import title_of
from shared.knowledge.units import NEW_BLOCK, Sizes, size, units
from shared.llm import tokens

SHORT = 60  # tokens, below which a section goes together with its neighbour
TOGETHER = 120  # tokens of such a chunk at most
HEADING = f"{NEW_BLOCK}## "
SEPARATOR = " › "
_HEADING_LINE = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)
# What a document leans on names every topic and answers no question.
_SOURCES = re.compile(
    r"(?:(?:list of )?(?:sources|references|works cited|further reading|links)|bibliograph(?:y|ie|ía|ia)|quellen"
    r"|literatur(?:verzeichnis)?|références|fuentes|referencias|referências|fonti)(?: (?:and|und|et|y|e) \w+)?",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"https?://|\bdoi\b|\b(?:1[89]|20)\d\d\b", re.IGNORECASE)


@dataclass(frozen=True)
class Chunk:
    content: str
    heading: str  # path of the section it begins in, "Deload › How often"
    token_count: int


@dataclass
class _Section:
    path: list[str]
    lines: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not any(line.strip() for line in self.lines)


@dataclass
class _Draft:
    path: list[str]
    parts: list[str]
    size: int
    is_whole: bool = True  # so far: it does not go on with a section that was cut

    @property
    def content(self) -> str:
        """What went on a paragraph opens one below a heading."""
        begun = [
            NEW_BLOCK + part.lstrip() if before.startswith(HEADING) and not part.startswith(NEW_BLOCK) else part
            for before, part in zip(["", *self.parts], self.parts, strict=False)
        ]
        return "".join(begun).strip()


def chunk_document(document: Document, sizes: Sizes) -> list[Chunk]:
    """The chunks of a document: none when it has no words."""
    sections = list(_without_sources(list(_sections(document.blocks))))
    if all(section.is_empty and not section.path for section in sections):
        return []
    drafts: list[_Draft] = []
    for section in sections:
        _add(drafts, section, sizes)
    return [_finished(draft, sizes) for draft in drafts]


def chunk_markdown(text: str, fallback_title: str, sizes: Sizes) -> tuple[str, list[Chunk]]:
    """The title of a Markdown or plain text, and its chunks."""
    document = from_markdown.parsed(text)
    return title_of(document, fallback_title), chunk_document(document, sizes)


def spoken(content: str) -> str:
    """A chunk as it is embedded: its headings as sentences. Signs of Markdown say nothing, and cost recall."""
    return _HEADING_LINE.sub(lambda found: found[1].replace(SEPARATOR, ". ") + ".", content)


def _finished(draft: _Draft, sizes: Sizes) -> Chunk:
    content = draft.content
    return Chunk(content, _shown(tuple(draft.path), sizes.heading), tokens.count(content))


def _sections(blocks: Iterable[Block]) -> Iterator[_Section]:
    """Each with its lines; a heading that only leads to lower ones is in their paths, any other one is a section."""
    section = _Section([])
    levels: list[int] = []
    for block in blocks:
        if block.kind != "heading":
            section.lines += ["", *block.text.split("\n")]
            continue
        kept = sum(each < block.level for each in levels)
        if not section.is_empty or (section.path and kept < len(levels)):
            yield section
        levels = [*levels[:kept], block.level]
        section = _Section([*section.path[:kept], block.text])
    if section.path or not section.is_empty:
        yield section


def _without_sources(sections: Sequence[_Section]) -> Sequence[_Section]:
    """Without the last section where it is nothing but a list of references."""
    if sections and sections[-1].path and _SOURCES.fullmatch(sections[-1].path[-1].strip(" :")):
        items = re.split(r"\n\s*\n|\n(?=\s*(?:[-*+•]|\d{1,3}[.)]|\[\w+\])\s)", "\n".join(sections[-1].lines).strip())
        if 2 * sum(bool(_REFERENCE.search(item)) for item in items) > len(items):
            return sections[:-1]
    return sections


def _add(drafts: list[_Draft], section: _Section, sizes: Sizes) -> None:
    """Append a section to the last chunk where both are short, else begin new chunks with it."""
    parts = [(unit, size(unit)) for unit in units(section.lines, sizes)]
    length = sum(length for _, length in parts)
    if drafts and _continues(drafts[-1], section, length):
        opening = HEADING + _shown(tuple(section.path[-1:]), sizes.heading)
        parts.insert(0, (opening, size(opening)))
    else:
        _begin(drafts, section.path, [], sizes)
    room = sizes.most - drafts[-1].size
    # Of one that must be cut all pieces are about as long: a last sentence alone says little.
    full = sizes.most if length <= room else drafts[-1].size + sizes.overlap + length // (length // room + 1)
    for unit, each in parts:
        if drafts[-1].size + each > min(full, sizes.most):
            _begin(drafts, section.path, _overlap(drafts[-1].parts, sizes), sizes)
            drafts[-1].is_whole = False
        drafts[-1].parts.append(unit)
        drafts[-1].size += each


def _continues(last: _Draft, section: _Section, length: int) -> bool:
    """Whether both are about one thing: one leads to the other, or one heading to both."""
    above = min(len(last.path), len(section.path) - 1)
    related = above > 0 and last.path[:above] == section.path[:above] and len(last.path) - above <= 1
    is_short = min(last.size, length) < SHORT and last.size + length <= TOGETHER
    return related and is_short and last.is_whole


def _begin(drafts: list[_Draft], path: list[str], overlap: list[str], sizes: Sizes) -> None:
    parts = [HEADING + _shown(tuple(path), sizes.heading), *overlap] if path else overlap
    drafts.append(_Draft(path, parts, sum(map(size, parts))))


@functools.lru_cache(256)
def _shown(path: tuple[str, ...], most: int) -> str:
    """A path as a line, so that readers and models see where the prose stands. Of a very long one the ends."""
    whole = SEPARATOR.join(filter(None, path))
    if size(whole) <= most:
        return whole
    return SEPARATOR.join(_shortened(heading, most // 2) for heading in (path[:1] + path[-1:] if path[1:] else path))


def _shortened(heading: str, most: int) -> str:
    return heading if size(heading) <= most else tokens.truncate(heading, most)[: 4 * most].rstrip() + "…"


def _overlap(parts: list[str], sizes: Sizes) -> list[str]:
    """The last units that together are short enough."""
    kept: list[str] = []
    left = sizes.overlap
    for part in reversed(parts[1:]):
        left -= size(part)
        if left < 0 or part.startswith(HEADING):
            break
        kept.insert(0, part)
    return kept
