"""Finds the phrases of the rules in the words of a sentence."""

import re
from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence, Set
from functools import cache

from shared.safety import rulebook
from shared.safety.scripts import forms

GAP = "~"  # in a phrase: up to three words of any kind
MAX_GAP_WORDS = 3
STEM = "*"  # ends the beginning of a word, whatever its ending
MIN_STEM, MAX_STEM = 2, 20  # letters
BLANK = "·"  # stands where a harmless phrase stood
MAX_PHRASE_WORDS = 20  # with its gaps
_THOUSANDS = re.compile(r"[.,](?=\d{3}(?!\d))")

Span = tuple[int, int]  # the first word, and one past the last
Spans = dict[str, list[Span]]  # by concept, in order
Said = Sequence[Sequence[str]]  # the ways of each word of a sentence
Parts = tuple[frozenset[str], ...]  # of a phrase: what may stand in the place of each word


def ways(words: Sequence[str], stems: Container[str]) -> Said:
    """What a rule may have in the place of each word: the word, its beginning ("krwaw*"), its range of numbers."""
    return [(*forms(word), *_numbers(word), *(stem for stem in beginnings(word) if stem in stems)) for word in words]


def beginnings(word: str) -> Iterator[str]:
    """As rules name them; shorter ones are those of too many words."""
    return (f"{form[:end]}{STEM}" for form in forms(word) for end in range(MIN_STEM, min(len(form), MAX_STEM) + 1))


def _numbers(word: str) -> list[str]:
    if not word[0].isdigit():
        return []
    return [name for name, ranges in rulebook.compiled()["numbers"].items() if _within(word, ranges)]


class Phrases:
    """Phrases by the concept they name ("pass|passed out"), as `python -m infra.safety` compiles them.

    A phrase is taken apart when its first word is read in a text: few ever are.
    """

    def __init__(self, lines: Mapping[str, Iterable[str]], signs_a_word: int = 1) -> None:
        self.widest_gap = MAX_GAP_WORDS * signs_a_word
        self._alone: defaultdict[str, set[str]] = defaultdict(set)
        self._begun: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for concept, phrases in lines.items():
            for first, _, rest in (phrase.partition(" ") for phrase in phrases):
                for word in first.split("|"):
                    if rest:
                        self._begun[word].append((concept, rest))
                    else:
                        self._alone[word].add(concept)

    def alone(self, word: str) -> Collection[str]:
        """The concepts that the word alone names."""
        return self._alone.get(word, ())

    def begun(self, word: str, said: Set[str]) -> Iterator[tuple[str, Parts]]:
        """The concepts of the phrases that begin with the word, and what follows it, if its last word is `said`."""
        for concept, rest in self._begun.get(word, ()):
            parts = _parts(rest)
            if not parts[-1].isdisjoint(said):
                yield concept, parts


@cache  # bounded by the phrases that there are
def _parts(phrase: str) -> Parts:
    return tuple(frozenset(part.split("|")) for part in phrase.split())


def find(phrases: Phrases, said: Said) -> Spans:
    """Where the phrases stand in words that can be said in several `ways`, by the concept they name."""
    found: defaultdict[str, list[Span]] = defaultdict(list)
    anywhere = {way for each in said for way in each}
    for start, each in enumerate(said):
        ends = {(start + 1, concept) for way in each for concept in phrases.alone(way)}
        for way in each:
            for concept, rest in phrases.begun(way, anywhere):
                ends.update((end, concept) for end in _ends(rest, said, start + 1, phrases.widest_gap))
        for end, concept in sorted(ends):
            found[concept].append((start, end))
    return found


def _ends(rest: Parts, said: Said, at: int, widest_gap: int) -> set[int]:
    """Where a phrase ends whose `rest` starts at word `at`, with every width of its gaps."""
    ends, gap = {at}, 0
    for part in rest:
        if GAP in part:
            gap += widest_gap
            continue
        reach = {place for end in ends for place in range(end, min(len(said), end + gap + 1))}
        ends, gap = {place + 1 for place in reach if not part.isdisjoint(said[place])}, 0
        if not ends:
            break
    return set() if gap else ends


def _within(word: str, ranges: Sequence[Sequence[float]]) -> bool:
    try:
        number = float(_THOUSANDS.sub("", word).replace(",", "."))
    except ValueError:
        return False
    return any(low <= number <= high for low, high in ranges)


def blanked(words: Sequence[str], said: Said, harmless: Phrases) -> list[str]:
    """The words with every harmless phrase taken out, in its place nothing that means anything."""
    left = list(words)
    for spans in find(harmless, said).values():
        for start, end in spans:
            left[start:end] = [BLANK] * (end - start)
    return left
