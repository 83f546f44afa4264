"""The parts of a section that a chunk never cuts: sentences, and paragraphs, tables and code where they fit.

A unit begins with what sets it off from the one before: a blank line, or in the same paragraph a space.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

from shared.llm import catalogue, tokens

# Tokens: one thought with its reasons. A longer text still has a vector, but one that says little of each part.
TARGET = 400
# Of what a model reads at most, which counts pieces of its own: as many as our tokens in English, elsewhere more.
READ = 0.75
CHARACTERS_A_TOKEN = 20  # at most: rules and blanks are a hundred to a token, and a chunk has room for 20,000
COLUMN_NAME = 60  # characters, of a name that is said again with each cell
NEW_BLOCK, SAME_ITEM, SAME_BLOCK = "\n\n", "\n", " "
FENCE = re.compile(r"^\s*(```|~~~)")
_ROW = re.compile(r"^\s*\|")
_SENTENCE_END = re.compile(
    r"(?<=[.!?])[\"')\]”»]*\s+(?![a-z\s])|\n(?=[ \t]*(?:[-*+•]|\d{1,3}[.)])\s)|(?<=[\u3002\uff01\uff1f])"
)
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])\s")
_CELL_END = re.compile(r"(?<!\\)\|")
_MAX_ABBREVIATION = 8  # characters of an abbreviation; what is before them need not be looked at
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|approx|ca|cf|al|no|nos|fig|eq|pp?|ch|ed|eds|vol|dr|mr|mrs|ms|prof|st|jr|sr|inc|min|max|sec|lb|oz"
    r"|z\.B|d\.h|bzw|evtl|ggf|usw|Nr|S|[A-Z])\.|^\d+[.)])$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sizes:
    """Of a chunk, in tokens."""

    most: int = TARGET

    @classmethod
    def for_model(cls, embedding_model: str) -> "Sizes":
        """Those that it reads to the end; of a model without figures, which no deployment has, the usual ones."""
        try:
            return cls(min(TARGET, int(READ * catalogue.figures(embedding_model).context)))
        except catalogue.UnknownModelError:
            return cls()

    @property
    def heading(self) -> int:
        return self.most // 4

    @property
    def overlap(self) -> int:
        """Also of a paragraph that is not cut."""
        return self.most // 8

    @property
    def unit(self) -> int:
        """A longer table or piece of code does not fit into a chunk beside its heading and the overlap."""
        return self.most - self.heading - self.overlap


def size(text: str) -> int:
    """In tokens, or in characters where they are so uneven that the tokens tell too little."""
    return max(tokens.count(text), len(text) // CHARACTERS_A_TOKEN)


def fits(text: str, most: int) -> bool:
    """Whether its size is no more than that; counted only where its length leaves that open."""
    return len(text.encode()) <= most or (len(text) // CHARACTERS_A_TOKEN <= most and tokens.count(text) <= most)


def units(lines: list[str], sizes: Sizes) -> Iterator[str]:
    """The units of a section in order; together they are its text."""
    for block in _blocks(lines):
        text = "\n".join(block)
        if FENCE.match(block[0]):
            yield from _table_or_code(block, head=1, foot=block[-1:] if FENCE.match(block[-1]) else [], sizes=sizes)
        elif _ROW.match(block[0]) and len(block) > 1:
            yield from _table_or_code(block, head=2, foot=[], sizes=sizes)
        elif fits(text, sizes.overlap):
            yield NEW_BLOCK + text.strip()
        else:
            yield from _sentences(text.strip(), sizes.unit)


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Runs of lines: fenced code with its fences, the rows of a table, else what stands between blank lines."""
    block: list[str] = []
    fenced = False
    for line in lines:
        fence = bool(FENCE.match(line))
        ends = not fenced and (
            fence or not line.strip() or (block and bool(_ROW.match(line)) != bool(_ROW.match(block[0])))
        )
        if ends and block:
            yield block
            block = []
        if fenced or line.strip():
            block.append(line)
        if fence and fenced:
            yield block
            block = []
        fenced ^= fence
    if block:
        yield block


def _table_or_code(block: list[str], head: int, foot: list[str], sizes: Sizes) -> Iterator[str]:
    """Whole where it fits, else in parts of some lines, each with the head (and foot) of the whole."""
    if fits("\n".join(block), sizes.unit):
        yield NEW_BLOCK + "\n".join(block)
        return
    opening, body = block[:head], block[head : len(block) - len(foot)]
    room = sizes.unit - size("\n".join([*opening, *foot]))
    if room < sizes.unit // 4 and _ROW.match(block[0]):
        yield from (each for row in body for each in _named(block[0], row, sizes.unit))
        return
    if room < sizes.unit // 4:
        opening, body, foot, room = [], block, [], sizes.unit
    for group in _groups((piece for line in body for piece in _pieces(line, room)), room):
        yield NEW_BLOCK + "\n".join([*opening, *group, *foot])


def _named(head: str, row: str, most: int) -> Iterator[str]:
    """A row of a table whose head is too long to stand above each piece: every cell with its column."""
    pairs = zip_longest(*(_CELL_END.split(line.strip().strip("|")) for line in (head, row)), fillvalue="")
    cells = (f"{name.strip()[:COLUMN_NAME]}: {cell.strip()}" for name, cell in pairs if cell.strip())
    for group in _groups((piece for cell in cells for piece in _pieces(cell, most)), most):
        yield NEW_BLOCK + "; ".join(group)


def _groups(lines: Iterable[str], room: int) -> Iterator[list[str]]:
    group: list[str] = []
    left = room
    for line in lines:
        length = size(line) + 1
        if group and length > left:
            yield group
            group, left = [], room
        group.append(line)
        left -= length
    if group:
        yield group


def _sentences(text: str, most: int) -> Iterator[str]:
    """The sentences of a paragraph or list; pieces of one that is longer than a chunk."""
    separator = NEW_BLOCK
    for sentence, next_separator in _split(text):
        for piece in _pieces(sentence, most):
            yield separator + piece
            separator = ""
        separator = next_separator


def _split(text: str) -> Iterator[tuple[str, str]]:
    """Sentences and items, each with what sets the next one off."""
    begin = 0
    for end in _SENTENCE_END.finditer(text):
        sentence = text[begin : end.end()].strip()
        is_item = "\n" in end[0] and bool(_ITEM.match(text, end.end()))
        if sentence and (is_item or not _ABBREVIATION.search(sentence, len(sentence) - _MAX_ABBREVIATION)):
            yield sentence, SAME_ITEM if is_item else SAME_BLOCK
            begin = end.end()
    if rest := text[begin:].strip():
        yield rest, SAME_BLOCK


def _pieces(text: str, most: int) -> Iterator[str]:
    """The text whole where it fits, else in pieces that do. Only so much is looked at as a piece can hold."""
    begin, reach = 0, (most + 1) * CHARACTERS_A_TOKEN
    while len(text) - begin >= reach or not fits(text[begin:], most):
        piece = tokens.truncate(text[begin : begin + reach], most)[: most * CHARACTERS_A_TOKEN]
        yield piece
        begin += len(piece)
    yield text[begin:]
