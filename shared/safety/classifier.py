"""How urgent a message looks to a trained classifier: a second witness, for words that no rule knows, and against some
of what rules find.

It sees pieces of words, words and pairs of words (features.py); a message costs a sixth of a millisecond.
docs/safety.md says from what it was trained, and how well it does.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from pathlib import Path

from shared.platform.errors import InvalidRequestError
from shared.safety.advice import Reader
from shared.safety.features import Group, without_identifiers, words_and_pieces
from shared.safety.red_flags import RedFlag, advice_of, find_red_flag, fired_rules, flag_rules
from shared.safety.scripts import spelt_alike
from shared.safety.weights import UNJUDGED, Weights, read_weights
from shared.safety.words import fold

WEIGHTS = Path(__file__).with_name("classifier.bin")
LEAST = 30  # pieces that are worth judging: two or three words
SURE = 60  # and more do not make the score of a longer message larger; fewer make that of a shorter one smaller
# Of the score, the logarithm of the odds; chosen on sentences that were held out, by docs/safety.md.
ALONE = 0.75  # and more: advice is given, whatever the rules say
SUSPECTED = 0.5  # and more: the model is asked to judge it, and the answer ends with a word of care
DOUBTED = -1.0  # and less: what a rule found is only suspected
# Kinds for which the symptoms of a rule are always enough.
NEVER_DOUBTED = frozenset({"self_harm", "chest_pain", "stroke", "allergy", "overdose"})

_WORD = re.compile(r"[^\W_]+")
_END = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])\s*(?=\D)|\n")  # of a sentence
_PART = 160  # characters that are judged alone: two sentences
_READ = 2_000  # characters: what is urgent in a longer message is for the rules and the model


def weights() -> Weights:
    return read_weights(WEIGHTS)


def groups(text: str) -> Sequence[Group]:
    """All that it sees of a message."""
    read = without_identifiers(text[:_READ])
    return (Group(words_and_pieces(_WORD.findall(fold(spelt_alike(read)))), SURE),)


@lru_cache(maxsize=16)  # a turn asks twice
def score(text: str) -> float:
    """The logarithm of the odds that somebody needs help now; the lowest for a word or two, which are for the rules."""
    (seen,) = groups(text)
    return weights().score([seen]) if len(seen.found) >= LEAST else UNJUDGED


def kind_of(text: str) -> str:
    """The likeliest kind, by its name in the red flags, of a message that is urgent."""
    return weights().kind_of(groups(text))


def find_urgency(text: str) -> RedFlag | None:
    """What the rules find, unless the classifier strongly doubts it; else what the classifier is sure of."""
    flag, odds = find_red_flag(text), score(text)
    if flag:
        return None if is_doubted(flag, odds) and _is_doubted_alone(text) else flag
    if odds < ALONE:
        return None
    kind = kind_of(text)
    return RedFlag("classifier", kind, advice_of(kind), text)


def is_doubted(flag: RedFlag, odds: float) -> bool:
    """Whether it is rather a question, a story or a figure of speech.

    Where minutes count, no doubt is enough about symptoms; who names "a heart attack" rarely has one.
    """
    return _may_be_doubted(flag.id) and UNJUDGED < odds < DOUBTED


def _may_be_doubted(rule_id: str) -> bool:
    return rule_id not in _never_doubted()


@cache
def _never_doubted() -> frozenset[str]:
    return frozenset(rule.id for rule in flag_rules() if rule.kind in NEVER_DOUBTED and not rule.named)


def _is_doubted_alone(text: str) -> bool:
    """Whether each sentence and each part that fires is doubted by itself, and nothing fires that never is."""
    if len(text) > _READ:
        return False
    if not all(map(_may_be_doubted, fired_rules(text))):
        return False
    parts = [text[at : at + _PART] for at in range(0, max(1, len(text) - _PART // 2), _PART // 2)]
    firing = [(flag, score(part)) for part in (*parts, *_END.split(text)) if (flag := find_red_flag(part))]
    return bool(firing) and all(is_doubted(flag, odds) for flag, odds in firing)


def suspected(text: str) -> str | None:
    """The kind of what may be urgent, and is for the model to judge: also what a rule found and was doubted."""
    if score(text) >= SUSPECTED:
        return kind_of(text)
    flag = find_red_flag(text)
    return flag.kind if flag else None


def refuse_urgent(*texts: str | None, reader: Callable[[], Reader] = Reader) -> None:
    """Of what would start work; who reads the advice is looked up only then.

    Raises InvalidRequestError (red_flag), whose detail is the advice.
    """
    for text in filter(None, texts):
        if flag := find_urgency(text):
            advice = flag.advice(reader())
            extra = {"kind": flag.kind, "source": advice.source}
            raise InvalidRequestError(advice.text, code="red_flag", extra=extra)
