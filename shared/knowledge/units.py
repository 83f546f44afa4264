"""The parts of a section that a chunk never cuts: sentences, and paragraphs, tables and code where they fit.

A unit begins with what sets it off from the one before: a blank line, or in the same paragraph a space.
"""

import re
from collections.abc import Iterable, Iterator

from shared.llm import tokens

OVERLAP = 90  # tokens; a shorter paragraph is not cut
MAX_UNIT = 520  # tokens; a longer table or piece of code does not fit into a chunk beside its heading and the overlap
CHARACTERS_A_TOKEN = 20  # at most: rules and blanks are a hundred to a token, and a chunk has room for 20,000
NEW_BLOCK, SAME_BLOCK = "\n\n", " "
FENCE = re.compile(r"^\s*(```|~~~)")
_ROW = re.compile(r"^\s*\|")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]”»]*\s+(?![a-z])|(?<=[\u3002\uff01\uff1f])")
_MAX_ABBREVIATION = 8  # characters of an abbreviation; what is before them need not be looked at
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|approx|ca|cf|al|no|nos|fig|eq|pp?|ch|ed|eds|vol|dr|mr|mrs|ms|prof|st|jr|sr|inc|min|max|sec|lb|oz"
    r"|z\.B|d\.h|bzw|evtl|ggf|usw|Nr|S|[A-Z])\.|^\d+[.)])$",
    re.IGNORECASE,
)


def size(text: str) -> int:
    """In tokens, or in characters where they are so uneven that the tokens tell too little."""
    return max(tokens.count(text), len(text) // CHARACTERS_A_TOKEN)


def fits(text: str, most: int) -> bool:
    """Whether its size is no more than that; counted only where its length leaves that open."""
    return len(text.encode()) <= most or (len(text) // CHARACTERS_A_TOKEN <= most and tokens.count(text) <= most)


def units(lines: list[str]) -> Iterator[str]:
    """The units of a section in order; together they are its text."""
    for block in _blocks(lines):
        text = "\n".join(block)
        if FENCE.match(block[0]):
            yield from _table_or_code(block, head=1, foot=block[-1:] if FENCE.match(block[-1]) else [])
        elif _ROW.match(block[0]) and len(block) > 1:
            yield from _table_or_code(block, head=2, foot=[])
        elif fits(text, OVERLAP):
            yield NEW_BLOCK + text.strip()
        else:
            yield from _sentences(text.strip())


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


def _table_or_code(block: list[str], head: int, foot: list[str]) -> Iterator[str]:
    """Whole where it fits, else in parts of some lines, each with the head (and foot) of the whole."""
    if fits("\n".join(block), MAX_UNIT):
        yield NEW_BLOCK + "\n".join(block)
        return
    opening, body = block[:head], block[head : len(block) - len(foot)]
    room = MAX_UNIT - size("\n".join([*opening, *foot]))
    if room < OVERLAP:  # a head as long as a chunk
        yield from _sentences("\n".join(block).strip())
        return
    for group in _groups((piece for line in body for piece in _pieces(line, room)), room):
        yield NEW_BLOCK + "\n".join([*opening, *group, *foot])


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


def _sentences(text: str) -> Iterator[str]:
    """The sentences of a paragraph; pieces of one that is longer than a chunk."""
    separator = NEW_BLOCK
    for sentence in _split(text):
        for piece in _pieces(sentence, MAX_UNIT):
            yield separator + piece
            separator = ""
        separator = SAME_BLOCK


def _split(text: str) -> Iterator[str]:
    begin = 0
    for end in _SENTENCE_END.finditer(text):
        sentence = text[begin : end.end()].strip()
        if sentence and not _ABBREVIATION.search(sentence, len(sentence) - _MAX_ABBREVIATION):
            yield sentence
            begin = end.end()
    if rest := text[begin:].strip():
        yield rest


def _pieces(text: str, most: int) -> Iterator[str]:
    """The text whole where it fits, else in pieces that do."""
    while not fits(text, most):
        piece = tokens.truncate(text, most)[: most * CHARACTERS_A_TOKEN]
        yield piece
        text = text[len(piece) :]
    yield text
