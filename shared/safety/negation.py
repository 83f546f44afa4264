"""Which words of a sentence are denied or only talked about (after NegEx, Chapman et al. 2001)."""

from bisect import bisect_left
from collections.abc import Collection, Sequence

from shared.safety.lexicon import Lexicon
from shared.safety.phrases import Said, Spans, find
from shared.safety.words import Sentence

_REACH = 7  # words that a denial covers: NegEx's 6, and one for "my"
_REACH_BEFORE = 2  # words before a denial that stands behind
_LIST_REACH = 12  # words in which an "or" may show that commas were a list
_MAX_SCOPE = 30  # words, however long the list
_FRAME_REACH = 14  # words to either side


def negated_tokens(
    lexicon: Lexicon, sentence: Sentence, words: Sequence[str], said: Said, phrases: Collection[int] = ()
) -> frozenset[int]:
    """The indices of the words within reach of a denial ("no …") or of mere talk ("signs of …").

    What stands at the start of one of `phrases` denies nothing else: "no feeling in my fingers".
    """
    found = find(lexicon.phrases["denials"], said)
    unreal = {*phrases, *(i for start, end in found.get("not", ()) for i in range(start, end))}
    negated = _framed(find(lexicon.phrases["frames"], said), ("talk",), ("now", "again"))
    for kind, start, end in _denials(found):
        owned = kind == "about" and not lexicon.words["owners"].isdisjoint(words[max(0, start - 4) : start])
        if start not in unreal and not owned:
            # What is only told may begin with the verb that tells it: "had a stroke".
            negated.update(_scope(lexicon, sentence, words, end if kind == "deny" else end - 1))
    return frozenset(negated)


def denied_before(lexicon: Lexicon, said: Said, phrases: Collection[int]) -> frozenset[int]:
    """The indices of the words that the words behind them deny, as a verb at the end does in Turkish.

    What is part of one of `phrases`, given by all its words, denies nothing else.
    """
    found = find(lexicon.phrases["denials"], said)
    unreal = {i for start, end in found.get("not", ()) for i in range(start, end)}
    real = (start for start, _ in found.get("denied", ()) if start not in unreal and start not in phrases)
    return frozenset(at for start in real for at in range(start - _REACH_BEFORE * lexicon.signs_a_word, start))


def _denials(found: Spans) -> list[tuple[str, int, int]]:
    return [(kind, start, end) for kind in ("deny", "talk", "about") for start, end in found.get(kind, ())]


def told_tokens(lexicon: Lexicon, said: Said) -> set[int]:
    """Where the name of an illness is a story, a question or a relative's: "again" changes that, "now" does not."""
    return _framed(find(lexicon.phrases["frames"], said), ("talk", "relative"), ("again",))


def _framed(found: Spans, frames: Sequence[str], unless: Sequence[str]) -> set[int]:
    """The words around what is one of `frames`, where none of `unless` is said near it."""
    real = sorted(start for kind in unless for start, _ in found.get(kind, ()))
    framed: set[int] = set()
    for start, end in (span for frame in frames for span in found.get(frame, ())):
        low, high = start - _FRAME_REACH, end + _FRAME_REACH
        if bisect_left(real, low) == bisect_left(real, high):
            framed.update(range(low, high))
    return framed


def _scope(lexicon: Lexicon, sentence: Sentence, words: Sequence[str], start: int) -> range:
    left = _REACH
    for at in range(start, min(len(words), start + _MAX_SCOPE)):
        if left == 0 or (at > start and _ends_scope(lexicon, sentence, words, at)):
            return range(start, at)
        left = _REACH if words[at] in lexicon.words["alternatives"] or at in sentence.commas else left - 1
    return range(start, start + _MAX_SCOPE)


def _ends_scope(lexicon: Lexicon, sentence: Sentence, words: Sequence[str], at: int) -> bool:
    word, subjects = words[at], lexicon.words["subjects"]
    if word in lexicon.words["scope_ends"]:
        return not (word in lexicon.words["and"] and lexicon.words["and_no"].intersection(words[at + 1 : at + 2]))
    if at in sentence.commas:
        return word in subjects or not _list_continues(lexicon, words, at)
    return word in subjects and words[at - 1] not in lexicon.words["before_object"]


def _list_continues(lexicon: Lexicon, words: Sequence[str], at: int) -> bool:
    for word in words[at : at + _LIST_REACH]:
        if word in lexicon.words["alternatives"]:
            return True
        if word in lexicon.words["scope_ends"] or word in lexicon.words["subjects"]:
            return False
    return False
