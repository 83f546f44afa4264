"""Words that are cut at the end of a line, put together again: whole, or with the hyphen that is their own."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Self

CUT = re.compile(r"([^\W\d_]+)[-\u00ad\u2010]$")
LONG = 200  # characters, of a word
_RANGE = re.compile(r"[^\W_]-$|\d–$")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_FIRST = re.compile(r"[^\W\d_]+")
# First parts of words that keep their hyphen ("well-known"), unless an ending follows ("low-er").
_KEPT = {
    "well", "self", "high", "low", "non", "long", "short", "full", "half", "one", "two", "three", "four", "five", "six",
    "single", "double", "cross", "hard", "easy", "first", "second", "third", "follow", "warm", "cool", "push", "pull",
    "chin", "build", "near", "upper", "lower", "left", "right", "e", "x", "t",
}  # fmt: skip
# Such as begin more words that have none ("ex-ercise", "pre-vent", "ten-dons"): kept before what is a word of its own.
_KEPT_BEFORE_WORDS = _KEPT | {"all", "ex", "mid", "part", "post", "pre", "sit", "step", "ten"}
_ENDINGS = {
    "able", "al", "ally", "ary", "ed", "en", "ened", "ening", "er", "ers", "est", "ful", "ial", "ing", "ings", "ise",
    "ish", "ist", "ity", "ize", "less", "ly", "ment", "ness", "teen", "th", "ths", "ty", "y",
}  # fmt: skip
_WHOLE_WORDS = {
    "down", "exercise", "existing", "in", "match", "off", "on", "out", "race", "season", "training", "up", "ups",
    "workout",
}  # fmt: skip


class Joiner:
    """Puts lines together; a word cut at the end of one is whole, as it is elsewhere in the document."""

    def __init__(self, words: Counter[str]) -> None:
        self._words = words

    @classmethod
    def of(cls, lines: Iterable[str]) -> Self:
        return cls(Counter(_WORD.findall(" ".join(lines).lower())))

    def joined(self, text: str, after: str) -> str:
        cut = CUT.search(text)
        if cut is None or not after[:1].isalpha():
            return f"{text}{'' if _RANGE.search(text) and after[:1].isalnum() else ' '}{after}"
        if any(sign in text[-LONG:].split()[-1] for sign in "./@"):  # an address
            return text + after
        rest = _FIRST.match(after)
        if after[:1].isupper() or self._keeps(cut[1].lower(), rest[0].lower() if rest else ""):
            return f"{text[:-1]}-{after}"
        return text[:-1] + after

    def _keeps(self, head: str, rest: str) -> bool:
        whole, hyphened = self._words[head + rest], self._words[f"{head}-{rest}"]
        if hyphened != whole:
            return hyphened > whole
        if rest in _WHOLE_WORDS or (self._words[rest] > 1 and rest not in _ENDINGS):
            return head in _KEPT_BEFORE_WORDS
        return head in _KEPT and rest not in _ENDINGS
