"""Sentences of advice, and whether what stands in one is advised or warned of."""

import re
import textwrap
from collections.abc import Iterator

from shared.safety.words import fold

_SENTENCE_END = re.compile(r"(?<=[!?;])\s+|(?<=\.)\s+(?!\d)|\n+")
_LONGEST = 400  # characters
# What is said before a thing to warn of it, and ends where the sentence turns.
_WARNING = re.compile(
    r"\b(?:never|not|n't|dont|don't|doesn't|do not|avoid(?:ing)?|without|no|isn't|aren't|shouldn't|mustn't|"
    r"can't|won't|wouldn't|"
    r"stop(?:ping)?|refrain|skip(?:ping)?|instead of|rather than|beware|danger\w*|unsafe|risk\w*|harm\w*|"
    r"illegal|banned|refuse|warn\w*|"
    r"stay away|steer clear|unless|limit|at most|maximum|max|up to|under|below|less than|no more than|cannot|"
    r"nor|neither|against)\b"
)
_TURN = re.compile(r"\b(?:but|however|instead|simply|just|so)\b|[:]")
_WARNED_AFTER = re.compile(
    r"^[^.!?;]{0,80}?\b(?:(?:is|are|can be|would be|may be|being)\s(?:\w+\s){0,3}?"
    r"(?:dangerous|unsafe|harmful|toxic|illegal|banned|deadly|risky|too (?:little|low|much|many|high|fast)|"
    r"excessive|extreme|"
    r"not (?:safe|advised|recommended|ok|okay|enough|a good|realistic|healthy|sustainable)|neither safe|"
    r"never|unrealistic|a bad idea|unhealthy|contraindicated|reckless|prohibited|a red flag)|"
    r"(?:isn't|aren't) (?:safe|advised|recommended|enough|worth|a good|realistic|healthy|sustainable)|"
    r"(?:can|could|may|might|will) (?:(?:in (?:rare|some|many|severe) cases?|rarely|sometimes|even|seriously|"
    r"permanently) )?(?:kill|harm|hurt|damage|be fatal)|(?:can|could|may|might|will) cause|"
    r"should (?:not|never|be avoided)|shouldn't|must (?:not|never)|without (?:a |your )?(?:doctor|clinician|"
    r"medical|dietitian))"
)


def clauses(text: str) -> Iterator[str]:
    """The sentences of a text, folded; one of more than 400 characters in parts, so that the work stays linear."""
    for sentence in _SENTENCE_END.split(fold(text)):
        yield from textwrap.wrap(sentence, _LONGEST, break_on_hyphens=False)


def warned(sentence: str, start: int, end: int) -> bool:
    """Whether the words from `start` to `end` are warned of, not advised."""
    before = sentence[max(0, start - 120) : start]
    turned = max((turn.end() for turn in _TURN.finditer(before)), default=0)
    return bool(_WARNING.search(before, turned) or _WARNED_AFTER.search(sentence[end : end + 140]))
