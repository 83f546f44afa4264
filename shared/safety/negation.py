"""Which words of a sentence are denied or only talked about (after NegEx, Chapman et al. 2001)."""

from bisect import bisect_left
from collections.abc import Collection, Sequence

from shared.safety.phrases import Spans, find, tree
from shared.safety.rulebook import words as rule_words
from shared.safety.words import Sentence

_REACH = 7  # words that a denial covers: NegEx's 6, and one for "my"
_LIST_REACH = 12  # words in which an "or" may show that commas were a list
_MAX_SCOPE = 30  # words, however long the list
_FRAME_REACH = 14  # words to either side
_OWNERS = frozenset({"i", "my", "am", "having", "showing", "has"})


def negated_tokens(sentence: Sentence, words: Sequence[str], phrases: Collection[int] = ()) -> frozenset[int]:
    """The indices of the words within reach of a denial ("no …") or of mere talk ("signs of …").

    What stands at the start of one of `phrases` denies nothing else: "no feeling in my fingers".
    """
    found = find(tree("denials"), words)
    unreal = {*phrases, *(i for start, end in found.get("not", ()) for i in range(start, end))}
    negated = _hypothetical_tokens(words)
    for kind, start, end in _denials(found):
        owned = kind == "about" and not _OWNERS.isdisjoint(words[max(0, start - 4) : start])
        if start not in unreal and not owned:
            # What is only told may begin with the verb that tells it: "had a stroke".
            negated.update(_scope(sentence, words, end if kind == "deny" else end - 1))
    return frozenset(negated)


def _denials(found: Spans) -> list[tuple[str, int, int]]:
    return [(kind, start, end) for kind in ("deny", "talk", "about") for start, end in found.get(kind, ())]


def _hypothetical_tokens(words: Sequence[str]) -> set[int]:
    """Those of a story long past or of somebody else, unless the sentence says "now" near it."""
    found = find(tree("frames"), words)
    now = [start for start, _ in found.get("now", ())]
    hypothetical: set[int] = set()
    for start, end in found.get("talk", ()):
        low, high = start - _FRAME_REACH, end + _FRAME_REACH
        if bisect_left(now, low) == bisect_left(now, high):
            hypothetical.update(range(low, high))
    return hypothetical


def _scope(sentence: Sentence, words: Sequence[str], start: int) -> range:
    left = _REACH
    for at in range(start, min(len(words), start + _MAX_SCOPE)):
        if left == 0 or (at > start and _ends_scope(sentence, words, at)):
            return range(start, at)
        left = _REACH if words[at] in ("or", "nor", "any") or at in sentence.commas else left - 1
    return range(start, start + _MAX_SCOPE)


def _ends_scope(sentence: Sentence, words: Sequence[str], at: int) -> bool:
    word, subjects = words[at], rule_words("subjects")
    if word in rule_words("scope_ends"):
        return not (word == "and" and words[at + 1 : at + 2] in (["no"], ["any"]))
    if at in sentence.commas:
        return word in subjects or not _list_continues(words, at)
    return word in subjects and words[at - 1] not in rule_words("before_object")


def _list_continues(words: Sequence[str], at: int) -> bool:
    for word in words[at : at + _LIST_REACH]:
        if word in ("or", "nor"):
            return True
        if word in rule_words("scope_ends") or word in rule_words("subjects"):
            return False
    return False
