"""Finds the phrases of the rules in the words of a sentence."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from shared.safety import rulebook

GAP = "~"  # in a phrase: up to three words of any kind
MAX_GAP_WORDS = 3
BLANK = "·"  # stands where a harmless phrase stood
MAX_PHRASE_WORDS = 12  # with its gaps
CONCEPTS = ""  # in a tree: the concepts of the phrase that ends here
_THOUSANDS = re.compile(r"[.,](?=\d{3}(?!\d))")

Span = tuple[int, int]  # the first word, and one past the last
Spans = dict[str, list[Span]]  # by concept, in order
Tree = dict[str, Any]  # of phrases: the tree of what may follow a word, and under CONCEPTS a list of names


@cache
def tree(name: str) -> Tree:
    found: Tree = rulebook.compiled()["trees"][name]
    return found


def find(phrases: Tree, words: Sequence[str]) -> Spans:
    """Where the phrases stand, by the concept they name."""
    found: defaultdict[str, list[Span]] = defaultdict(list)
    for start in range(len(words)):
        for end, concept in sorted(set(_matches(phrases, words, start))):
            found[concept].append((start, end))
    return found


def _matches(node: Tree, words: Sequence[str], at: int) -> Iterator[tuple[int, str]]:
    """The ends and the concepts of the phrases that continue from `node` with the word `at`."""
    for concept in node.get(CONCEPTS, ()):
        yield at, concept
    for following in _steps(node, words, at):
        yield from _matches(following, words, at + 1)
    if after_gap := node.get(GAP):
        for later in range(at, at + MAX_GAP_WORDS + 1):
            for following in _steps(after_gap, words, later):
                yield from _matches(following, words, later + 1)


def _steps(node: Tree, words: Sequence[str], at: int) -> Iterator[Tree]:
    if at >= len(words):
        return
    word = words[at]
    if word in node:
        yield node[word]
    if word[0].isdigit():
        numbers = rulebook.compiled()["numbers"]
        yield from (node[name] for name in numbers if name in node and _within(word, numbers[name]))


def _within(word: str, ranges: Sequence[Sequence[float]]) -> bool:
    try:
        number = float(_THOUSANDS.sub("", word).replace(",", "."))
    except ValueError:
        return False
    return any(low <= number <= high for low, high in ranges)


def blanked(words: Sequence[str], harmless: Tree) -> list[str]:
    """The words with every harmless phrase taken out, in its place nothing that means anything."""
    left = list(words)
    for spans in find(harmless, words).values():
        for start, end in spans:
            left[start:end] = [BLANK] * (end - start)
    return left
