"""Which known word a mistyped one stands for: a deletion index (SymSpell, Garbe 2012), linear in the text.

Ours, not a library's: rapidfuzz would replace no more than `distance`, and symspellpy wants the frequency of each word.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations

_MIN_LETTERS = 4  # shorter words are one typo away from too many others
_MAX_LETTERS = 20  # of what is typed; longer is no word
_TWO_TYPOS_FROM = 9  # letters


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


def _shortened(word: str, most: int) -> Iterator[str]:
    for count in range(most + 1):
        for gone in combinations(range(len(word)), count):
            yield "".join(letter for i, letter in enumerate(word) if i not in gone)


class Spelling:
    """Corrects towards `known`, and never touches `ordinary` words, which are near one of them but mean themselves."""

    def __init__(self, known: Iterable[str], ordinary: Iterable[str]) -> None:
        self._known = frozenset(known)
        self._ordinary = frozenset(ordinary)
        self._index: defaultdict[str, set[str]] = defaultdict(set)
        for word in filter(str.isalpha, self._known):
            for short in _shortened(word, max_typos(word)):
                self._index[short].add(word)

    def correct(self, typed: str) -> list[str]:
        """The word that was meant, or two that were typed as one, or what was typed."""
        if typed in self._known or typed in self._ordinary or not _MIN_LETTERS <= len(typed) <= _MAX_LETTERS:
            return [typed]
        return self._split(typed) or [self._nearest(typed) or typed]

    def _nearest(self, typed: str) -> str | None:
        candidates = {word for short in _shortened(typed, max_typos(typed)) for word in self._index.get(short, ())}
        rated = sorted((distance(typed, word), word) for word in candidates if self._plausible(typed, word))
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
