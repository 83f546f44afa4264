"""Finds the phrases of a table in the words of a sentence."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, product

from shared.safety.words import plain_words

_THOUSANDS = re.compile(r"[.,](?=\d{3}(?!\d))")
_WRAPPED = re.compile(r"\|\s+")  # alternatives may go on in the next line
GAP = "~"  # in a phrase: up to three words of any kind
WIDEST_GAP = 3
BLANK = "·"  # stands where a harmless phrase stood

LONGEST = 12  # words that a phrase with its gaps may span
# In a phrase: a number within these bounds.
NUMBERS = {
    "#fever": ((38, 42.5), (100.4, 108)),  # °C, °F
    "#lowsugar": ((1, 3.9), (20, 69)),  # mmol/l, mg/dl: hypoglycaemia below 3.9 or 70 (ADA 2024)
    "#highsugar": ((16.7, 40), (300, 900)),  # with ketones an emergency (ADA 2024)
    "#days": ((2, 60),),
    "#many": ((6, 500),),
    "#bigdose": ((800, 50_000),),  # mg of caffeine: twice the daily bound
}

Span = tuple[int, int]  # the first word, and one past the last
Spans = dict[str, list[Span]]  # by concept, in order


def expand(line: str) -> Iterator[tuple[str, ...]]:
    """ "pass|passed out, won't stop" is (pass, out), (passed, out) and (will, not, stop)."""
    for phrase in _WRAPPED.sub("|", line).split(","):
        for alternative in product(*(map(_parts, word.split("|")) for word in phrase.split())):
            yield tuple(chain.from_iterable(alternative))


def words_of(line: str) -> frozenset[str]:
    return frozenset(plain_words(line))


@cache
def _parts(word: str) -> tuple[str, ...]:
    """What a user's text has in the place of a table's word."""
    return (word,) if word == GAP or word.startswith("#") else plain_words(word)


class _Node:
    """A place in the tree of all phrases: what may follow, and the concepts of the phrases that end here."""

    __slots__ = ("concepts", "following")

    def __init__(self) -> None:
        self.following: dict[str, _Node] = {}
        self.concepts: set[str] = set()


class Lexicon:
    """A table of concepts, each a line of phrases as `expand` reads them."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self._root = _Node()
        self.vocabulary: dict[str, None] = {}
        for concept, line in table.items():
            for phrase in expand(line):
                node = self._root
                for word in phrase:
                    node = node.following.setdefault(word, _Node())
                node.concepts.add(concept)
                self.vocabulary.update(dict.fromkeys(word for word in phrase if word != GAP))

    def find(self, words: Sequence[str]) -> Spans:
        found: defaultdict[str, list[Span]] = defaultdict(list)
        for start in range(len(words)):
            matches = sorted(set(_matches(self._root, words, start)))
            for end, concept in matches:
                found[concept].append((start, end))
        return found


def _matches(node: _Node, words: Sequence[str], at: int) -> Iterator[tuple[int, str]]:
    """The ends and the concepts of the phrases that go on from `node` with the word `at`."""
    for concept in node.concepts:
        yield at, concept
    for following in _steps(node, words, at):
        yield from _matches(following, words, at + 1)
    after_gap = node.following.get(GAP)
    for skipped in range(WIDEST_GAP + 1 if after_gap else 0):
        for following in _steps(after_gap or node, words, at + skipped):
            yield from _matches(following, words, at + skipped + 1)


def _steps(node: _Node, words: Sequence[str], at: int) -> Iterator[_Node]:
    if at >= len(words):
        return
    word = words[at]
    if word in node.following:
        yield node.following[word]
    if word[0].isdigit():
        yield from (node.following[name] for name in NUMBERS if name in node.following and _within(word, name))


def _within(word: str, name: str) -> bool:
    try:
        number = float(_THOUSANDS.sub("", word).replace(",", "."))
    except ValueError:
        return False
    return any(low <= number <= high for low, high in NUMBERS[name])


def blanked(words: Sequence[str], harmless: Lexicon) -> list[str]:
    """The words with every harmless phrase taken out, in its place nothing that means anything."""
    left = list(words)
    for spans in harmless.find(words).values():
        for start, end in spans:
            left[start:end] = [BLANK] * (end - start)
    return left
