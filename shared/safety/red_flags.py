"""Finds words of a user that need a doctor or a crisis line, not a coach."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from shared.platform.errors import InvalidRequestError
from shared.safety.harmless import IDIOMS
from shared.safety.negation import set_aside, vocabulary
from shared.safety.ordinary_words import ORDINARY
from shared.safety.phrases import LONGEST, Lexicon, Span, Spans, blanked
from shared.safety.red_flag_rules import CONTEXTS, RULES, FlagRule
from shared.safety.spelling import Spelling
from shared.safety.symptoms import SYMPTOMS
from shared.safety.words import Sentence, sentences


@dataclass(frozen=True)
class RedFlag:
    """`advice` is shown instead of an answer."""

    id: str
    kind: str
    advice: str
    source: str


@cache
def _symptoms() -> Lexicon:
    return Lexicon(SYMPTOMS | CONTEXTS)


@cache
def _idioms() -> Lexicon:
    return Lexicon(IDIOMS)


@cache
def _spelling() -> Spelling:
    known = Lexicon(SYMPTOMS).vocabulary
    return Spelling(known, ORDINARY | set(_idioms().vocabulary) | set(_symptoms().vocabulary) | vocabulary())


def find_red_flag(text: str) -> RedFlag | None:
    """The most urgent red flag of a message, in linear time."""
    spoken = [spelt(sentence) for sentence in sentences(text)]
    found = {rule.id: rule for sentence in spoken for rule in _flags(sentence)}
    for rule in RULES:
        if rule.id in found:
            return RedFlag(rule.id, rule.kind, rule.advice.text, rule.advice.source)
    return None


def refuse_red_flag(*texts: str | None) -> None:
    """Of what would start work. Raises InvalidRequestError (red_flag), whose detail is the advice."""
    for text in filter(None, texts):
        if flag := find_red_flag(text):
            extra = {"kind": flag.kind, "source": flag.source}
            raise InvalidRequestError(flag.advice, code="red_flag", extra=extra)


def spelt(sentence: Sentence) -> Sentence:
    """The sentence with its words as they were meant."""
    words: list[str] = []
    commas: set[int] = set()
    for i, word in enumerate(sentence.words):
        if i in sentence.commas:
            commas.add(len(words))
        words.extend(_spelling().correct(word))
    return Sentence(tuple(words), frozenset(commas))


def _flags(sentence: Sentence) -> list[FlagRule]:
    words = blanked(sentence.words, _idioms())
    found = _symptoms().find(words)
    phrases = {start for spans in found.values() for start, end in spans if end > start + 1}
    aside = set_aside(sentence, words, phrases)
    spans = {concept: [span for span in all_of_it if span[0] not in aside] for concept, all_of_it in found.items()}
    return [rule for rule in RULES if any(_together(rule, first, spans) for first in spans.get(rule.needs[0], ()))]


def _together(rule: FlagRule, first: Span, spans: Spans) -> bool:
    for concept in rule.needs[1:]:
        others = _near(first, spans.get(concept, ()), rule.window)
        if not any(not _walled(first, other, rule, spans) for other in others):
            return False
    return not any(_near(first, spans.get(concept, ()), rule.window) for concept in rule.unless)


def _near(span: Span, others: Sequence[Span], window: int) -> list[Span]:
    """Those that neither overlap with the span nor are further than `window` words from it."""
    start, end = span
    reach = others[bisect_left(others, (start - window - LONGEST, 0)) : bisect_left(others, (end + window + 1, 0))]
    return [(a, b) for a, b in reach if 0 <= a - end <= window or 0 <= start - b <= window]


def _walled(first: Span, other: Span, rule: FlagRule, spans: Spans) -> bool:
    low, high = min(first[1], other[1]), max(first[0], other[0])
    return any(
        bisect_left(spans.get(wall, ()), (low, 0)) < bisect_left(spans.get(wall, ()), (high, 0)) for wall in rule.walls
    )
