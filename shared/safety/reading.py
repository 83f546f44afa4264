"""What a sentence says, in one language: which concepts, where, and whether it denies them or warns of them."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property, lru_cache

from shared.safety.concepts import BEGINNING, SPELT, bits, concept, lexicon_of, numerals, spelt

Span = tuple[int, int]
_TAKES_BACK = ("forbid", "harm")
_DENIED_BEFORE, _DENIED_AFTER = 30, 12  # characters of "more than" to its "not"
SIGNS = ("zh", "ja")
_NUMBER_FIRST = ("hi", "ja", "tr")  # "600 kcal more than"
_TOKEN = re.compile(r"[\w\u0900-\u0963\u0970-\u097f]+")
_ARABIC_FRONT = 3  # letters that may be written in front of a word
_SEPARATOR = re.compile(r"[;:()\u3001\u3002\uff0c\u060c\u061b]|,(?!\d)|\s[-\u2013\u2014]\s?")
_SHORT, _FEW = 2, 12  # words and letters of a part that says nothing by itself: "Never, ever, ..."
_QUESTION = ("?", "\uff1f", "\u061f")
_NEAR_NUMBER = re.compile(r"[^\d.;]{0,10}\d")


class Reading:
    """A folded sentence with its language. What bounds a number ("no more than") takes nothing back."""

    def __init__(self, sentence: str, language: str) -> None:
        self.language = language
        self.text = self._with_digits(sentence.translate(SPELT))
        self._found: dict[str, list[Span]] = {}

    @cached_property
    def candidates(self) -> int:
        """The bits of the concepts that may be said here: of the others no word begins so."""
        known = lexicon_of(self.language)
        said: int = known["always"]
        for start in self._starts() & known["starts"].keys():
            said |= known["starts"][start]
        if inner := known["inner"]:
            grams = {self.text[at : at + size] for size in known["sizes"] for at in range(len(self.text))}
            for gram in grams & inner.keys():
                said |= inner[gram]
        return said

    def may_say(self, name: str) -> bool:
        return bool(self.candidates & bits()[name])

    def _starts(self) -> set[str]:
        cut = _ARABIC_FRONT if self.language == "ar" else 0
        words = {word[start:] for word in _TOKEN.findall(self.text) for start in range(cut + 1)}
        return {word[:length] for word in words for length in range(1, BEGINNING + 1)}

    def _with_digits(self, text: str) -> str:
        known = lexicon_of(self.language)
        if self.language in SIGNS:
            from shared.safety.chinese_numbers import in_figures  # for these two alone

            text = in_figures(text)
        figures = spelt(self.language).sub(lambda word: known["spelt"][word[0]], text)
        return numerals(self.language).sub(lambda word: known["numerals"][word[0]], figures)

    def spans(self, name: str, text: str | None = None) -> Sequence[Span]:
        if not self.may_say(name):
            return []
        if text is not None:
            return [each.span() for each in concept(self.language, name).finditer(text)]
        if name not in self._found:
            self._found[name] = [each.span() for each in concept(self.language, name).finditer(self.text)]
        return self._found[name]

    def says(self, *names: str, text: str | None = None) -> bool:
        if text is None:
            return any(self.spans(name) for name in names)
        return any(self.may_say(name) and concept(self.language, name).search(text) for name in names)

    @cached_property
    def unbounded(self) -> str:
        """The sentence without what only bounds its numbers."""
        text = self._without_denied_more(self.without("at_most", "reassure"))
        for start, end in self.spans("under", text):
            if _NEAR_NUMBER.match(text, end):
                text = text[:start] + " " * (end - start) + text[end:]
        return text

    def _without_denied_more(self, text: str) -> str:
        """ "Eat not more than 600 kcal" is 600 kcal."""
        for start, end in list(self.spans("over", text)):
            around = max(0, start - _DENIED_BEFORE), end + _DENIED_AFTER
            if _NEAR_NUMBER.match(text, end) or self.language in _NUMBER_FIRST:
                denied = [span for span in self.spans("forbid", text) if around[0] <= span[0] < around[1]]
                for first, last in [*denied, (start, end)] if denied else ():
                    text = text[:first] + " " * (last - first) + text[last:]
        return text

    def without(self, *names: str, text: str | None = None) -> str:
        left = self.text if text is None else text
        for name in names:
            if self.may_say(name):
                left = concept(self.language, name).sub(lambda found: " " * len(found[0]), left)
        return left

    def takes_back(self, *but: str) -> bool:
        """Whether it forbids or warns; the words of the concepts `but` do not count."""
        return self.says(*_TAKES_BACK, text=self.without(*but, text=self.unbounded))

    @cached_property
    def _cuts(self) -> list[int]:
        """Where the sentence turns to something else: at commas, dashes and words like "but"."""
        ends = [each.end() for each in _SEPARATOR.finditer(self.text)]
        return sorted({*ends, *(start for start, _ in self.spans("turn"))})

    def _part(self, at: int) -> Span:
        after = bisect_right(self._cuts, at)
        start = self._cuts[after - 1] if after else 0
        return start, self._cuts[after] if after < len(self._cuts) else len(self.text)

    def joined(self, one: Span, other: Span) -> bool:
        """Whether no mark stands between them."""
        first, last = sorted((one, other))
        return not _SEPARATOR.search(self.text, first[1], last[0])

    def is_unfinished(self) -> bool:
        """Whether it is a line that goes on with a denial: "Teenagers should not"."""
        part = self._part(len(self.text) - 1)
        is_open = self.text.rstrip("*_ ")[-1:].isalnum()
        return is_open and any(part[0] <= start < part[1] for start, _ in self._taking_back("forbid", ()))

    def same_part(self, one: Span, other: Span) -> bool:
        return self._part(one[0]) == self._part(other[0])

    def _says_little(self, part: Span) -> bool:
        most = _FEW // 3 if self.language in SIGNS else _FEW
        return len(_TOKEN.findall(self.text[slice(*part)])) <= _SHORT and part[1] - part[0] <= most

    @cached_property
    def _reassured(self) -> Sequence[Span]:
        return [*self.spans("reassure"), *self.spans("at_most")]

    def _taking_back(self, name: str, own: Sequence[Span]) -> list[Span]:
        """Where it says so otherwise than within what only sounds so ("no problem"), or what is asked for itself."""
        told = (*self._reassured, *own)
        return [each for each in self.spans(name) if not any(self._is_part(each, other) for other in told)]

    def _is_part(self, denial: Span, other: Span) -> bool:
        """Whether it stands in other words, or goes on with their denial: "drink no water, nothing at all"."""
        if within(denial, other):
            return True
        blank = 0 if self.language in SIGNS else 1
        return denial[0] - other[1] == blank and any(within(each, other) for each in self.spans("forbid"))

    def warns(self, own: Sequence[Span] = ()) -> bool:
        """Whether it warns of anything; the words `own` do not count."""
        return bool(self._taking_back("harm", own))

    def denies(self, span: Span, *own: str) -> bool:
        """Whether it warns, or denies what stands there; the words of the concepts `own` do not count."""
        spans = [each for name in own for each in self.spans(name)]
        return self.warns(spans) or self.forbids(span, spans)

    def forbids(self, span: Span, own: Sequence[Span] = ()) -> bool:
        """Whether the part in which words stand denies them; a denial that is a part for itself denies all."""
        part = self._part(span[0])
        return any(
            part[0] <= start < part[1] or self._says_little(self._part(start))
            for start, _ in self._taking_back("forbid", own)
        )


@lru_cache(maxsize=256)  # a sentence is read again with each one that follows it
def reading_of(sentence: str, language: str) -> Reading:
    return Reading(sentence, language)


def is_question(sentence: str) -> bool:
    """Which is no advice; its answer may be."""
    return sentence.rstrip('*_ )"\u201d\u00bb\u300d').endswith(_QUESTION)


def gap(one: Span, other: Span) -> int:
    """Characters between them; below zero where they share some."""
    return max(one[0] - other[1], other[0] - one[1])


def within(one: Span, other: Span) -> bool:
    return other[0] <= one[0] and one[1] <= other[1]
