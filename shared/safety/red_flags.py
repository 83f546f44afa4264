"""Finds words of a user that need a doctor or a crisis line, not a coach."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from shared.safety import rulebook
from shared.safety.advice import Advice, Reader, advice_for
from shared.safety.language import language_of
from shared.safety.lexicon import Lexicon, Message, continuations, lexicons
from shared.safety.negation import denied_before, negated_tokens, told_tokens
from shared.safety.phrases import MAX_PHRASE_WORDS, Span, Spans, blanked, find, ways
from shared.safety.words import Sentence, sentences

_PAUSE = 3  # words that the end of a sentence counts for


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
    named: bool = False  # an illness or event by its name, which may be long over, a relative's or a question


@dataclass(frozen=True)
class RedFlag:
    """`text` is what the user wrote, `topic` the kind of advice that is shown instead of an answer."""

    id: str
    kind: str
    topic: str
    text: str

    def advice(self, reader: Reader = Reader()) -> Advice:  # noqa: B008 - it cannot be changed
        """In the language of the message, for the country of who wrote it."""
        return advice_for(self.topic, language_of(self.text, reader.language), reader.country)


@cache
def flag_rules() -> tuple[FlagRule, ...]:
    """The most urgent first: one advice is given."""
    return tuple(FlagRule(**each) for each in rulebook.compiled()["red_flags"])


@cache
def advice_of(kind: str) -> str:
    """The advice that a kind of red flags gets, by its most urgent rule."""
    return next(rule.advice for rule in flag_rules() if rule.kind == kind)


@lru_cache(maxsize=64)  # a turn asks twice of a message, rules of answers more often of a sentence
def find_red_flag(text: str) -> RedFlag | None:
    """The most urgent red flag of a message, in linear time."""
    fired = fired_rules(text)
    for rule in flag_rules():
        if rule.id in fired:
            return RedFlag(rule.id, rule.kind, rule.advice, text)
    return None


def fired_rules(text: str) -> set[str]:
    """The ids of all rules that a message fires."""
    said = sentences(text, continuations())
    message = Message([word for sentence in said for word in sentence.words])
    heard: defaultdict[Lexicon, _Heard] = defaultdict(_Heard)
    at = 0
    for sentence in said:
        longest = 0
        for lexicon in lexicons(sentence.words, message):
            meant = corrected(sentence, lexicon)
            heard[lexicon].add(at, *_found(lexicon, meant))
            longest = max(longest, len(meant.words) + _PAUSE * lexicon.signs_a_word)
        at += longest
    return {
        rule.id
        for lexicon, theirs in heard.items()
        for rule in flag_rules()
        if theirs.has(rule)
        if any(theirs.fires(rule, first, lexicon.signs_a_word) for first in theirs.of(rule)[rule.needs[0]])
    }


def corrected(sentence: Sentence, lexicon: Lexicon) -> Sentence:
    """The sentence with its words as they were meant."""
    words: list[str] = []
    commas: set[int] = set()
    for i, word in enumerate(sentence.words):
        if i in sentence.commas:
            commas.add(len(words))
        words.extend(lexicon.meant(word))
    return Sentence(tuple(words), frozenset(commas))


def _found(lexicon: Lexicon, sentence: Sentence) -> tuple[Spans, Spans]:
    """What a sentence says of symptoms, and what of that is no story of a named illness."""
    words = blanked(sentence.words, ways(sentence.words, lexicon.stems), lexicon.phrases["harmless"])
    said = ways(words, lexicon.stems)
    found = find(lexicon.phrases["symptoms"], said)
    if not found:
        return {}, {}
    long = [span for spans in found.values() for span in spans if span[1] > span[0] + 1]
    inside = {i for start, end in long for i in range(start, end)}
    unreal = inside if lexicon.signs_a_word > 1 else {start for start, _ in long}
    negated = negated_tokens(lexicon, sentence, words, said, unreal)
    denied = denied_before(lexicon, said, inside)
    felt = {
        concept: [(start, end) for start, end in every if start not in negated and end - 1 not in denied]
        for concept, every in found.items()
    }
    told = told_tokens(lexicon, said)
    return felt, {concept: [span for span in spans if span[0] not in told] for concept, spans in felt.items()}


class _Heard:
    """The symptoms of a whole message in one language, its sentences a pause apart."""

    def __init__(self) -> None:
        self._felt: defaultdict[str, list[Span]] = defaultdict(list)
        self._named: defaultdict[str, list[Span]] = defaultdict(list)
        self._starts: list[int] = []  # of the sentences

    def add(self, at: int, felt: Spans, named: Spans) -> None:
        self._starts.append(at)
        for place, spans in ((self._felt, felt), (self._named, named)):
            for concept, each in spans.items():
                place[concept].extend((at + start, at + end) for start, end in each)

    def of(self, rule: FlagRule) -> Spans:
        return self._named if rule.named else self._felt

    def has(self, rule: FlagRule) -> bool:
        return all(map(self.of(rule).get, rule.needs))

    def fires(self, rule: FlagRule, first: Span, reach: int) -> bool:
        spans, window = self.of(rule), rule.window * reach
        for concept in rule.needs[1:]:
            others = _near(first, spans.get(concept, ()), window)
            if all(_separated(first, other, rule, spans) for other in others):
                return False
        return not any(
            self._is_in_one_sentence(first, other)
            for concept in rule.unless
            for other in _near(first, spans.get(concept, ()), window)
        )

    def _is_in_one_sentence(self, one: Span, other: Span) -> bool:
        return bisect_right(self._starts, one[0]) == bisect_right(self._starts, other[0])


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
