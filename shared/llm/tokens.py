"""Counts and cuts text in the provider's tokens, offline."""

import re
from collections.abc import Iterator
from itertools import islice

from shared.llm.encoding import Encoding
from shared.platform.process import begin, once

ENCODING = "o200k_base"  # of OpenAI's models since gpt-4o; for other providers a good estimate
OF_EMBEDDINGS = "cl100k_base"  # of text-embedding-3: of Chinese or Hindi it makes up to six times as many
# Merging is quadratic in the length of an unbroken run, and 8,000 letters without a space would take a second: such
# runs are cut first. Prose has none and is counted exactly.
_PIECE = re.compile(r"\S{200}|\s{200}|(?:(?!\S{200}|\s{200})[\s\S])+")

_LONGEST = 128  # bytes of a token of this encoding, at most
_MARGIN = 400  # characters behind the last token that counts, so that a cut there changes none


@once
def encoding(name: str = ENCODING) -> Encoding:
    """Loading it takes 75 ms."""
    return Encoding(name)


def load_ahead() -> None:
    """For who is going to count soon, and waits for a network until then."""
    begin(encoding)


def encode(text: str) -> list[int]:
    """The tokens of a text; words that look like control tokens count as plain text."""
    return list(_encoded(text, ENCODING))


def _encoded(text: str, name: str) -> Iterator[int]:
    for piece in _PIECE.finditer(text):
        yield from encoding(name).encode(piece[0])


def count(text: str, name: str = ENCODING) -> int:
    return sum(1 for _ in _encoded(text, name))


def truncate(text: str, limit: int, name: str = ENCODING) -> str:
    """The first `limit` tokens of a text; a character that the cut would split is left out."""
    near = text[: limit * _LONGEST + _MARGIN]
    kept = encoding(name).decode(islice(_encoded(near, name), limit))
    return kept.decode(errors="ignore")
