"""A text as the stream of pieces in which a model would say it."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from itertools import cycle

from shared.llm.tokens import encode, encoding


def pieces(text: str) -> Iterator[str]:
    """The text as a stream of 3 to 6 tokens each; joined they are the text again."""
    tokens, sizes, start = encode(text), cycle((3, 5, 4, 6)), 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    while start < len(tokens):
        size = next(sizes)
        # a character may be spread over tokens: the decoder holds it back until it is whole
        piece = decoder.decode(encoding().decode_bytes(tokens[start : start + size]))
        start += size
        if piece:
            yield piece
