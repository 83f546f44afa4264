"""Finds words of a user that need a doctor or a crisis line, not a coach."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from shared.platform.errors import InvalidRequestError
from shared.safety import rulebook
from shared.safety.negation import negated_tokens
from shared.safety.phrases import MAX_PHRASE_WORDS, Span, Spans, blanked, find, tree
from shared.safety.spelling import Spelling
from shared.safety.words import Sentence, sentences


@dataclass(frozen=True)
class FlagRule:
    """All of `needs` within `window` words of the first of them, and none of `unless` within `window` of it.

    A separator between two of them means that they belong to different things: "trained chest, my knee hurts".
    """

    id: str
    kind: str
    advice: str
    needs: Sequence[str]
    unless: Sequence[str] = ()
    separators: Sequence[str] = ()
    window: int = 9


@dataclass(frozen=True)
class RedFlag:
    """`advice` is shown instead of an answer."""

    id: str
    kind: str
    advice: str
    source: str


@cache
def flag_rules() -> tuple[FlagRule, ...]:
    """The most urgent first: one advice is given."""
    return tuple(FlagRule(**each) for each in rulebook.compiled()["red_flags"])


@cache
def _spelling() -> Spelling:
    return Spelling(**rulebook.compiled()["spelling"])


def find_red_flag(text: str) -> RedFlag | None:
    """The most urgent red flag of a message, in linear time."""
    fired = fired_rules(text)
    for rule in flag_rules():
        if rule.id in fired:
            advice = rulebook.advice(rule.advice)
            return RedFlag(rule.id, rule.kind, advice.text, advice.source)
    return None


def refuse_red_flag(*texts: str | None) -> None:
    """Of what would start work. Raises InvalidRequestError (red_flag), whose detail is the advice."""
    for text in filter(None, texts):
        if flag := find_red_flag(text):
            extra = {"kind": flag.kind, "source": flag.source}
            raise InvalidRequestError(flag.advice, code="red_flag", extra=extra)


def fired_rules(text: str) -> set[str]:
    """The ids of all rules that a message fires."""
    return {rule.id for sentence in sentences(text) for rule in _fired(corrected(sentence))}


def corrected(sentence: Sentence) -> Sentence:
    """The sentence with its words as they were meant."""
    words: list[str] = []
    commas: set[int] = set()
    for i, word in enumerate(sentence.words):
        if i in sentence.commas:
            commas.add(len(words))
        words.extend(_spelling().correct(word))
    return Sentence(tuple(words), frozenset(commas))


def _fired(sentence: Sentence) -> list[FlagRule]:
    words = blanked(sentence.words, tree("harmless"))
    found = find(tree("symptoms"), words)
    phrases = {start for spans in found.values() for start, end in spans if end > start + 1}
    negated = negated_tokens(sentence, words, phrases)
    spans = {concept: [span for span in every if span[0] not in negated] for concept, every in found.items()}
    return [rule for rule in flag_rules() if any(_fires(rule, first, spans) for first in spans.get(rule.needs[0], ()))]


def _fires(rule: FlagRule, first: Span, spans: Spans) -> bool:
    for concept in rule.needs[1:]:
        others = _near(first, spans.get(concept, ()), rule.window)
        if all(_separated(first, other, rule, spans) for other in others):
            return False
    return not any(_near(first, spans.get(concept, ()), rule.window) for concept in rule.unless)


def _near(span: Span, others: Sequence[Span], window: int) -> list[Span]:
    """Those that neither overlap with the span nor are further than `window` words from it."""
    start, end = span
    low, high = (start - window - MAX_PHRASE_WORDS, 0), (end + window + 1, 0)
    reach = others[bisect_left(others, low) : bisect_left(others, high)]
    return [(a, b) for a, b in reach if 0 <= a - end <= window or 0 <= start - b <= window]


def _separated(first: Span, other: Span, rule: FlagRule, spans: Spans) -> bool:
    low, high = (min(first[1], other[1]), 0), (max(first[0], other[0]), 0)
    between = (spans.get(separator, ()) for separator in rule.separators)
    return any(bisect_left(found, low) < bisect_left(found, high) for found in between)
