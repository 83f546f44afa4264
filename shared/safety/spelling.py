"""Which known word a mistyped one stands for: a deletion index (SymSpell, Garbe 2012), linear in the text."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations

_SHORTEST = 4  # shorter words are one slip away from too many others
_LONGEST = 20  # of what is typed; longer is no word
_TWO_SLIPS_FROM = 9  # letters


def slips_allowed(word: str) -> int:
    return 0 if len(word) < _SHORTEST else 2 if len(word) >= _TWO_SLIPS_FROM else 1


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


def _same_letters(typed: str, word: str) -> bool:
    return set(typed) == set(word)


class Spelling:
    """Corrects towards `known`, and never touches `ordinary` words, which are near one of them but mean themselves."""

    def __init__(self, known: Iterable[str], ordinary: frozenset[str]) -> None:
        self._known = dict.fromkeys(known)
        self._ordinary = ordinary
        self._index: defaultdict[str, list[str]] = defaultdict(list)
        for word in self._known:
            if word.isalpha():
                for short in dict.fromkeys(_shortened(word, slips_allowed(word))):
                    self._index[short].append(word)

    def correct(self, typed: str) -> list[str]:
        """The word that was meant, or two that were typed as one, or what was typed."""
        if typed in self._known or typed in self._ordinary or not _SHORTEST <= len(typed) <= _LONGEST:
            return [typed]
        return self._glued(typed) or [self._nearest(typed) or typed]

    def _nearest(self, typed: str) -> str | None:
        candidates = {word for short in _shortened(typed, slips_allowed(typed)) for word in self._index.get(short, ())}
        rated = sorted((distance(typed, word), word) for word in candidates if self._plausible(typed, word))
        return rated[0][1] if rated and rated[0][0] <= slips_allowed(rated[0][1]) else None

    @staticmethod
    def _plausible(typed: str, word: str) -> bool:
        # People get the first letter right; and four letters are recognised only by the same letters ("pian", "painn").
        started = typed[0] in word[:2] and word[0] in typed[:2]
        return started and (len(word) > _SHORTEST or _same_letters(typed, word))

    def _glued(self, typed: str) -> list[str]:
        for i in range(_SHORTEST, len(typed) - _SHORTEST + 1):
            if typed[:i] in self._known and typed[i:] in self._known:
                return [typed[:i], typed[i:]]
        return []
