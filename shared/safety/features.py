"""What a text is made of, as classifiers see it: pieces of words, words and pairs of words, each by its hash."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt
from zlib import crc32

FEATURES = 1 << 19  # that are told apart

_LETTER = 2  # bytes of a letter in UTF-16, by which letters of all scripts are cut alike
_PIECES, _PIECES_OF_SIGNS = (3, 4, 5), (2, 3, 4)  # letters
_LONG = re.compile(r"[\w-]{12,}", re.ASCII)  # Chinese and Japanese have no spaces
_MIXED = re.compile(r"\d(?=[A-Za-z])|[A-Za-z](?=\d)")
_MOST_MIXED = 5  # changes in amounts written together: "3x8-12reps-rest90s"; a UUID hardly ever has so few
_NEIGHBOURS = ((1, 1), (2, 2), (3, 2))  # how far a word is, and the mark: the next one; one of the two behind it


@dataclass(frozen=True)
class Group:
    """Features of one sort. Together they count `weight`, however many they are, and less where there are few."""

    found: frozenset[int]
    least: int
    weight: float = 1.0

    @property
    def value(self) -> float:
        """Of each of them."""
        return self.weight / sqrt(max(self.least, len(self.found)))


def without_identifiers(text: str) -> str:
    """An identifier says nothing, and by chance looks like anything."""
    return _LONG.sub(_unless_identifier, text)


def _unless_identifier(found: re.Match[str]) -> str:
    return " " if len(_MIXED.findall(found[0])) > _MOST_MIXED else found[0]


@cache
def _sign() -> re.Pattern[str]:
    """Of Chinese and Japanese, which have no spaces; to compile so wide a set takes 2 ms."""
    return re.compile(r"[\u3040-\u9fff]")


def _has_signs(word: str) -> bool:
    return not word.isascii() and _sign().search(word) is not None


def feature(name: str) -> int:
    return crc32(name.encode()) % FEATURES


def words_and_pieces(words: Iterable[str]) -> frozenset[int]:
    """Of folded words."""
    found: set[int] = set()
    told: list[str] = []
    for word in words:
        has_signs = _has_signs(word)
        told.extend(word if has_signs else (word,))
        found |= _pieces(word, _PIECES_OF_SIGNS) if has_signs else _pieces(f"<{word}>", _PIECES)
    return only_words(told) | found


def only_words(
    words: Iterable[str], seed: int = 0, neighbours: Sequence[tuple[int, int]] = _NEIGHBOURS
) -> frozenset[int]:
    """Words, and words that stand near each other; another seed makes them others."""
    letters = list(map(_letters, words))
    seeds = [crc32(word) ^ seed for word in letters]
    found = {each % FEATURES for each in seeds}
    for gap, mark in neighbours:
        found.update(crc32(word, each ^ mark) % FEATURES for each, word in zip(seeds, letters[gap:], strict=False))
    return frozenset(found)


def signs_apart(words: Iterable[str]) -> list[str]:
    """Of what has no spaces each sign is a word."""
    return [part for word in words for part in (word if _has_signs(word) else (word,))]


def _letters(word: str) -> bytes:
    return word.encode("utf-16-le", "surrogatepass")


def _pieces(word: str, sizes: Iterable[int]) -> set[int]:
    letters = _letters(word)
    end = len(letters) + 1
    return {
        crc32(letters[at : at + size * _LETTER]) % FEATURES
        for size in sizes
        for at in range(0, end - size * _LETTER, _LETTER)
    }
