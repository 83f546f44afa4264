"""How urgent a message looks to a trained classifier: a second witness, for words that no rule knows, and against some
of what rules find.

Logistic regression over pieces of words, words and pairs of words, each known by the hash of its letters. The weights
are trained and written by `python -m infra.safety_training`; docs/safety.md says from what, and how well they do. Plain
Python: a message costs a sixth of a millisecond, where importing numpy would cost a hundred.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt
from pathlib import Path
from zlib import crc32

from shared.platform.errors import InvalidRequestError
from shared.safety.advice import Reader
from shared.safety.red_flags import RedFlag, advice_of, find_red_flag
from shared.safety.scripts import spelt_alike
from shared.safety.words import fold

WEIGHTS = Path(__file__).with_name("classifier.bin")
FEATURES = 1 << 17  # weights for urgency, a byte each
KIND_FEATURES = 1 << 12  # weights for each kind; what a message is about shows in fewer pieces
LEAST = 30  # pieces that are worth judging: two or three words
SURE = 60  # and more do not make the score of a longer message larger; fewer make that of a shorter one smaller
# Of the score, the logarithm of the odds; chosen on sentences that were held out, by docs/safety.md.
ALONE = 1.5  # and more: advice is given, whatever the rules say
SUSPECTED = 0.75  # and more: the model is asked to judge it, and the answer ends with a word of care
DOUBTED = -2.0  # and less: what a rule found is only suspected
UNJUDGED = float("-inf")  # the score of a word or two
NEVER_DOUBTED = frozenset({"self_harm", "chest_pain", "stroke", "allergy"})  # kinds for which a rule is always enough

_WORD = re.compile(r"[^\W_]+")
_SIGN = re.compile(r"[\u3040-\u9fff]")  # of Chinese and Japanese, which have no spaces
_LONG = re.compile(r"[\w-]{12,}")
_MIXED = re.compile(r"\d[\W_]*[^\W\d_]+[\W_]*\d")
_LETTER = 2  # bytes of a letter in UTF-16, by which letters of all scripts are cut alike
_PIECES, _PIECES_OF_SIGNS = (3, 4, 5), (2, 3, 4)  # letters
_READ = 2_000  # characters: what is urgent in a longer message is for the rules and the model


@dataclass(frozen=True)
class Weights:
    """`scale` and `bias` make a score of the bytes of `urgent`; `of_kinds` has a row for each feature, by `kinds`."""

    scale: float
    bias: float
    kinds: Sequence[str]
    urgent: memoryview
    of_kinds: memoryview


@cache
def weights() -> Weights:
    """Read at the first message that asks."""
    head, _, body = WEIGHTS.read_bytes().partition(b"\n")
    read = json.loads(head)
    table = memoryview(body).cast("b")
    return Weights(read["scale"], read["bias"], read["kinds"], table[:FEATURES], table[FEATURES:])


def features(text: str) -> set[int]:
    """The hashes of what a text is made of: pieces of words, words, and words up to three apart."""
    words: list[str] = []
    found: set[int] = set()
    for word in _WORD.findall(fold(spelt_alike(_LONG.sub(_unless_identifier, text[:_READ])))):
        has_signs = bool(_SIGN.search(word))
        words.extend(word if has_signs else (word,))
        found |= _pieces(word, _PIECES_OF_SIGNS) if has_signs else _pieces(f"<{word}>", _PIECES)
    return found | _pairs(words)


def _unless_identifier(found: re.Match[str]) -> str:
    """An identifier says nothing, and by chance looks like anything."""
    return " " if _MIXED.search(found[0]) else found[0]


def _pieces(word: str, sizes: Iterable[int]) -> set[int]:
    letters = word.encode("utf-16-le", "surrogatepass")
    end = len(letters) + 1
    return {
        crc32(letters[at : at + size * _LETTER]) % FEATURES
        for size in sizes
        for at in range(0, end - size * _LETTER, _LETTER)
    }


def _pairs(words: Iterable[str]) -> set[int]:
    letters = [word.encode("utf-16-le", "surrogatepass") for word in words]
    seeds = [crc32(word) for word in letters]
    found = {seed % FEATURES for seed in seeds}
    for gap, mark in ((1, 1), (2, 2), (3, 2)):  # the next word; one of the two behind it
        found.update(crc32(word, seed ^ mark) % FEATURES for seed, word in zip(seeds, letters[gap:], strict=False))
    return found


def score(text: str) -> float:
    """The logarithm of the odds that somebody needs help now; the lowest for a word or two, which are for the rules."""
    known, found = weights(), features(text)
    urgent = known.urgent
    if len(found) < LEAST:
        return UNJUDGED
    return known.bias + known.scale * sum(urgent[each] for each in found) / sqrt(max(SURE, len(found)))


def kind_of(text: str) -> str:
    """The likeliest kind, by its name in the red flags, of a message that is urgent."""
    known = weights()
    sums = [0] * len(known.kinds)
    for row in {each % KIND_FEATURES for each in features(text)}:
        start = row * len(sums)
        sums = [a + b for a, b in zip(sums, known.of_kinds[start : start + len(sums)], strict=True)]
    return known.kinds[max(range(len(sums)), key=sums.__getitem__)]


def find_urgency(text: str) -> RedFlag | None:
    """What the rules find, unless the classifier strongly doubts it; else what the classifier is sure of."""
    flag, odds = find_red_flag(text), score(text)
    if flag:
        return None if is_doubted(flag, odds) else flag
    if odds < ALONE:
        return None
    kind = kind_of(text)
    return RedFlag("classifier", kind, advice_of(kind), text)


def is_doubted(flag: RedFlag, odds: float) -> bool:
    """Whether it is rather a question, a story or a figure of speech; where minutes count, no doubt is enough."""
    return UNJUDGED < odds < DOUBTED and flag.kind not in NEVER_DOUBTED


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
