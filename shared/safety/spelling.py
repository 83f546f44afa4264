"""Which known word a mistyped one stands for.

Ours, not a library's: rapidfuzz has the distance, but not what decides here, which words stay as they are and how many
typos a word of its length may have; symspellpy wants the frequency of each word and an index of all of them.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

_MIN_LETTERS = 4  # shorter words are one typo away from too many others
_MAX_LETTERS = 20  # of what is typed; longer is no word
_TWO_TYPOS_FROM = 9  # letters
_REMEMBERED = 2_000  # typed words of a language


def max_typos(word: str) -> int:
    return 0 if len(word) < _MIN_LETTERS else 2 if len(word) >= _TWO_TYPOS_FROM else 1


def distance(a: str, b: str) -> int:
    """Edits between two words, a swap of neighbours being one (optimal string alignment)."""
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            edits = min(last[j] + 1, row[-1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                edits = min(edits, before[j - 2] + 1)
            row.append(edits)
        before, last = last, row
    return last[-1]


@lru_cache(8_000)
def _letters(word: str) -> int:
    """The letters of a word, a bit each of 64: a typo changes two of them at most."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 63)
    return bits


class Spelling:
    """Corrects towards `known`, and never touches `ordinary` words, which are near one of them but mean themselves."""

    def __init__(self, known: Iterable[str], ordinary: Iterable[str]) -> None:
        self._known = frozenset(known)
        self._ordinary = frozenset(ordinary)
        self._begun: defaultdict[str, list[str]] = defaultdict(list)
        for word in self._known:
            if word.isalpha() and len(word) >= _MIN_LETTERS:
                self._begun[word[0]].append(word)
        self._meant = lru_cache(_REMEMBERED)(self._corrected)

    def knows(self, word: str) -> bool:
        return word in self._known or word in self._ordinary

    def correct(self, typed: str) -> list[str]:
        """The word that was meant, or two that were typed as one, or what was typed."""
        return list(self._meant(typed))

    def _corrected(self, typed: str) -> list[str]:
        if self.knows(typed) or not _MIN_LETTERS <= len(typed) <= _MAX_LETTERS:
            return [typed]
        return self._split(typed) or [self._nearest(typed) or typed]

    def _nearest(self, typed: str) -> str | None:
        letters = _letters(typed)
        candidates = [
            word
            for first in {*typed[:2]}
            for word in self._begun.get(first, ())
            if abs(len(word) - len(typed)) <= max_typos(word)
            and (_letters(word) ^ letters).bit_count() <= 2 * max_typos(word)
            and self._plausible(typed, word)
        ]
        rated = sorted((distance(typed, word), word) for word in candidates)
        return rated[0][1] if rated and rated[0][0] <= max_typos(rated[0][1]) else None

    @staticmethod
    def _plausible(typed: str, word: str) -> bool:
        # People get the first letter right; and four letters are recognised only by the same letters ("pian", "painn").
        started = typed[0] in word[:2] and word[0] in typed[:2]
        return started and (len(word) > _MIN_LETTERS or set(typed) == set(word))

    def _split(self, typed: str) -> list[str]:
        for i in range(_MIN_LETTERS, len(typed) - _MIN_LETTERS + 1):
            if typed[:i] in self._known and typed[i:] in self._known:
                return [typed[:i], typed[i:]]
        return []
