"""The wordings of a meaning, of which only those are compiled that a text has the letters of.

Compiling all wordings of all meanings that a sentence may have takes more than a hundred milliseconds, for which a
user would wait at a first answer; and hardly any of them is said.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

Groups = Mapping[str, Mapping[str, str]]  # by how they start: what follows, and the letters that it cannot be without
# After so many texts, or so many patterns of some wordings, the whole is compiled, which looks through a text sooner.
_MOST_TEXTS, _MOST_PARTS = 100, 8
_NOTHING = re.compile(r"(?!)")


class _Wording(NamedTuple):
    """Nobody says it without `longest` and the `others`, which are pieces of it."""

    start: str
    rest: str
    longest: str
    others: tuple[str, ...]


class Wordings:
    """Found as the matches of a pattern are."""

    def __init__(self, groups: Groups) -> None:
        self._all = [
            _Wording(start, rest, longest, tuple(others))
            for start, group in groups.items()
            for rest, letters in group.items()
            for longest, *others in [letters.split(" ")]
        ]
        self._parts: dict[tuple[_Wording, ...], re.Pattern[str]] = {(): _NOTHING}
        self._texts = 0
        self._whole: re.Pattern[str] | None = None

    def whole(self) -> re.Pattern[str]:
        self._whole = self._whole or re.compile(_pattern(self._all))
        return self._whole

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        return self._within(text).finditer(text)

    def search(self, text: str) -> re.Match[str] | None:
        return self._within(text).search(text)

    def sub(self, replaced: Callable[[re.Match[str]], str], text: str) -> str:
        return self._within(text).sub(replaced, text)

    def _within(self, text: str) -> re.Pattern[str]:
        """A pattern that finds in this text what the whole one does."""
        return self._whole or self._part(text)

    def _part(self, text: str) -> re.Pattern[str]:
        self._texts += 1
        has = text.__contains__
        said = tuple(each for each in self._all if each.longest in text and all(map(has, each.others)))
        if said not in self._parts:
            self._parts[said] = re.compile(_pattern(said))
        if self._texts >= _MOST_TEXTS or len(self._parts) > _MOST_PARTS:
            return self.whole()
        return self._parts[said]


def _pattern(wordings: Iterable[_Wording]) -> str:
    """Alternatives by their first letter, which Python's engine looks for before it tries any of them."""
    by_start: dict[str, list[str]] = {}
    for each in wordings:
        by_start.setdefault(each.start, []).append(each.rest)
    return "|".join(f"{start}(?:{'|'.join(rest)})" for start, rest in by_start.items())
