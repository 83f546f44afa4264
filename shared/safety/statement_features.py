"""What a classifier sees of a statement of an answer: its words, and what it says in any language.

What it says are the concepts of the rules, which are the same in 14 languages, and its numbers with their units; each
also in pairs. So what was learned of "900 kcal" and "a day" in one language is known in all.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from math import log10

from shared.safety.concepts import bits, languages_in, with_other_script
from shared.safety.features import Group, feature, only_words, signs_apart, without_identifiers, words_and_pieces
from shared.safety.quantities import number, quantities
from shared.safety.reading import Reading, reading_of
from shared.safety.scripts import spelt_alike
from shared.safety.words import fold

_READ = 600  # characters of a statement
_READ_BEFORE = 25  # words of what stands before it, the last ones
_BEFORE = 0x5BD1E995  # makes other words of them
_FORBIDS = "forbid"
# Where what a number means changes, by its unit; of any other unit and of none, where its size does.
_STEPS: Mapping[str, Sequence[float]] = {
    "kcal": (100, 200, 300, 500, 800, 1000, 1200, 1500, 1800, 2500),
    "kj": (1000, 2500, 4000, 5000, 8000),
    "kg": (0.3, 0.6, 1.05, 1.6, 2.5, 4, 6, 10, 20, 50, 100),
    "lb": (1, 2.3, 3.5, 6, 10, 20, 50),
    "l": (0.5, 1.05, 2, 3, 4.1, 6, 8),
    "ml": (100, 500, 1001, 2000),
    "hour": (1, 2, 3, 5, 10, 14, 17, 24, 36, 48, 72),
    "day": (1, 2, 3, 5, 7, 10, 14, 30),
    "percent": (5, 10.5, 15, 20, 25, 31, 50, 70),
    "mg": (10, 50, 100, 200, 350, 401, 500, 801, 1200, 2000, 4000),
    "g": (1, 2.1, 5, 10, 30, 100),
    "ug": (10, 50, 101, 250, 1000),
    "iu": (500, 2000, 4001, 10000, 50000),
    "km": (5, 10, 20, 40, 60, 100),
}
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_TIMES = (0.2, 0.5, 0.8, 1.01, 1.15, 1.3, 1.6, 2.1, 3, 5)  # that a number is of the one before it
_FIGURES = r"\d{1,3}(?:[.,]\d{3})+(?!\d)|\d{1,7}(?:[.,]\d{1,3})?"
_WORD = re.compile(rf"{_FIGURES}|[^\W_\d]+")
_NUMBER = re.compile(_FIGURES)
_NUMBERS_BEFORE = 4  # the last of them


def groups(statement: str, before: str = "", languages: Sequence[str] = ()) -> Sequence[Group]:
    """All that it sees of a statement that stands behind another one, which may be empty.

    `languages` are those of the answer, where more of it is known.
    """
    statement, before = without_identifiers(statement), without_identifiers(before)
    said, last = _folded(statement), _folded(before)
    languages = languages or languages_in(f"{before} {statement}")
    readings = [reading_of(said, language) for language in with_other_script(languages, said)]
    concepts = _concepts(readings)
    numbers = [*_amounts(readings, said), *_ratios(last, said)]
    alone = frozenset(feature(f"c {each}") for each in concepts)
    joined = [*map("|".join, combinations(sorted(concepts), 2)), *numbers]
    joined += [f"{number}|{concept}" for number in numbers for concept in concepts]
    return (
        Group(words_and_pieces(_words(statement)), 60),
        Group(alone, 8),
        Group(frozenset(map(feature, joined)), 20),
        Group(_of_before(before, last, languages, concepts), 20, weight=0.3),
    )


def _folded(text: str) -> str:
    return " ".join(fold(text[:_READ]).split())


def _words(text: str) -> list[str]:
    """A number by its size."""
    found = _WORD.findall(fold(spelt_alike(text[:_READ])))
    return [_size(word) if word[0].isdigit() else word for word in found]


def _size(figures: str) -> str:
    return f"#{round(3 * log10(max(0.01, number(figures))))}"


def _concepts(readings: Iterable[Reading]) -> list[str]:
    """What is said, and with a mark what is said and denied."""
    found: dict[str, bool] = {}
    for reading in readings:
        for name in _likely(reading):
            if spans := reading.spans(name):
                found.setdefault(name, name != _FORBIDS and any(reading.forbids(span) for span in spans[:2]))
    return [f"~{name}" if denied else name for name, denied in found.items()]


def _likely(reading: Reading) -> Iterator[str]:
    candidates = reading.candidates
    return (name for name, bit in bits().items() if candidates & bit)


def _amounts(readings: Iterable[Reading], said: str) -> list[str]:
    found = {(each.unit, each.high) for reading in readings for each in quantities(reading.text)}
    known = {value for _, value in found}
    bare = {("bare", value) for value in _numbers(said) if value not in known}
    return [f"{unit} {bisect_right(_STEPS.get(unit, _SIZES), value)}" for unit, value in sorted(found | bare)]


def _ratios(before: str, said: str) -> list[str]:
    """By how much numbers grow or shrink: "from 10 km to 60 km"."""
    values = [value for value in (*_numbers(before)[-_NUMBERS_BEFORE:], *_numbers(said)) if value > 0]
    return [f"times {bisect_right(_TIMES, last / first)}" for first, last in pairwise(values)]


def _numbers(text: str) -> list[float]:
    return [number(each) for each in _NUMBER.findall(text)]


def _of_before(before: str, last: str, languages: Sequence[str], concepts: Sequence[str]) -> frozenset[int]:
    """Its words; and what it says, with what the statement says."""
    if not before:
        return frozenset()
    words = signs_apart(_words(before))[-_READ_BEFORE:]
    named = _concepts(reading_of(last, language) for language in with_other_script(languages, last))
    pairs = (f"before {name.lstrip('~')}|{concept}" for name in named for concept in ("", *concepts))
    return only_words(words, _BEFORE, neighbours=((1, 1),)) | frozenset(map(feature, pairs))
