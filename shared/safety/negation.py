"""Which words of a sentence are denied or only talked about (after NegEx, Chapman et al. 2001)."""

from bisect import bisect_left
from collections.abc import Collection, Sequence

from shared.safety.phrases import Lexicon, words_of
from shared.safety.words import Sentence

_REACH = 7  # words; NegEx's 6, and one for "my"
_LIST_REACH = 12  # how far ahead "or" may show that commas were a list

DENIALS = {
    "deny": """no, not, dont, doesnt, didnt, havent, hasnt, hadnt, isnt, arent, wasnt, werent, never, without,
        none, neither, nor, aint, zero, denies, kein|keine|keinen, nicht, ohne, sin, sans, pas, free of, instead of,
        ruled out, rule out, unlike""",
    "about": """symptom|symptoms of, sign|signs of, risk|risks of, chance|chances of, cause|causes of, type|
        types of, history of""",
    "talk": """fear|afraid|scared of, fear, danger|dangers of, prevent|prevents|preventing, prevention of,
        avoid|avoids|avoiding, treat|treating|treatment of, recovered from, recovery from, recovering athletes with,
        people|someone|anyone|athletes|clients|runners|lifters|players|those ~ with, awareness of, definition of,
        tested for, screened for, learn|learning|read|reading|wrote|writing|heard|hear about, my|his|her dad|father|
        mother|mom|mum|uncle|aunt|grandfather|grandpa|grandmother|grandma|boss|neighbour|neighbor ~ had|died|has|
        survived, my|our toddler|son|daughter|kid|kids|child|baby|wife|husband|dog ~ had|was, athletes|runners|
        lifters|players""",
    "not": """not only, not just, no idea, no matter, no doubt, no wonder, no clue, not sure, dont know, dont
        understand, dont get, dont care, didnt know, dont worry, isnt it, why dont, doesnt matter, never felt ~
        like, never had ~ like, never had such, never felt such, never been so, never felt so, no good, not good,
        not normal, not great, not well, not okay, not ok, no longer a joke, not fun, not funny, not joking, not
        kidding, no joke, cant ~ without, couldnt ~ without, never ~ without, not ~ without, dont go ~ without, not
        a day ~ without, no choice, no help, no doctor, no one, not yet, not stopping, no sleep, no luck, will not,
        why not, dont feel well, dont feel good, dont feel right, not feeling well, not feeling good, not slept""",
}
# Speech about what was long ago, or is somebody else's or nobody's; it counts unless the sentence says "now" too.
FRAMES = {
    "talk": """years|year|decade|decades|months ago, as a kid|child|teenager|teen, when i was a|in|young|
        younger|little, in high school|college|childhood, used to have|be|get|suffer|struggle, was cleared, cleared
        by, fully recovered, long ago, last year, article|podcast|movie|film|book|documentary|essay|novel|study|
        studies|research|thesis|news|presentation|talk about|on, prevention, first aid, statistics, how common, what
        is|are a|an|the ~ symptom|symptoms|sign|signs|difference, difference between, in case of, in remission, in
        recovery for, my|his|her brother|sister|friend|colleague|teammate|coach ~ had|died|survived|fainted|broke|
        passed|has, work|working as a|an ~ nurse|paramedic|lifeguard|doctor|therapist|medic""",
    "now": """now, today, tonight, currently, still, again, right now, whenever, every time, keep|keeps, this
        morning, this week, since, i have, i am having, i feel, i want, i keep, am getting, i just, my chest, came
        back, is back, anymore, he just, she just, help""",
}
_DENIED, _FRAMED = Lexicon(DENIALS), Lexicon(FRAMES)
_FRAME_REACH = 14  # words to either side
_SCOPE_LIMIT = 30  # words, however long the list
_ENDS_SCOPE = words_of(
    """
    and but however though although yet except because since when while after despite with due so then until
    unless just only now today and if which whenever still started aber pero mais et y und other apart before
    where
    """
)
_SUBJECTS = words_of("i my he she we they it there the this your her his")
_BEFORE_AN_OBJECT = words_of(
    """
    in of on at to from down across around under near through over think feel that if is was be am are have
    had has during having get getting feeling lose losing lost about experience about no not dont doesnt didnt
    by like mean hit hurt injure broke break hold
    """
)


def set_aside(sentence: Sentence, words: Sequence[str], phrases: Collection[int] = ()) -> frozenset[int]:
    """The indices of the words within reach of a denial ("no …") or of mere talk ("signs of …").

    What stands at the start of one of `phrases` denies nothing else: "no feeling in my fingers".
    """
    found = _DENIED.find(words)
    unreal = {*phrases, *(i for start, end in found.get("not", ()) for i in range(start, end))}
    aside = _framed(words)
    for kind in ("deny", "talk", "about"):
        for start, end in found.get(kind, ()):
            owned = kind == "about" and {"i", "my", "am", "having", "showing", "has"} & set(
                words[max(0, start - 4) : start]
            )
            if start not in unreal and not owned:
                # What is only told may begin with the verb that tells it: "had a stroke".
                aside.update(_scope(sentence, words, end if kind == "deny" else end - 1))
    return frozenset(aside)


def _framed(words: Sequence[str]) -> set[int]:
    found = _FRAMED.find(words)
    now = [start for start, _ in found.get("now", ())]
    framed: set[int] = set()
    for start, end in found.get("talk", ()):
        low, high = start - _FRAME_REACH, end + _FRAME_REACH
        if bisect_left(now, low) == bisect_left(now, high):
            framed.update(range(low, high))
    return framed


def vocabulary() -> set[str]:
    """The words that deny or frame: not to be taken for misspelt symptoms."""
    return {*_DENIED.vocabulary, *_FRAMED.vocabulary, *_ENDS_SCOPE, *_SUBJECTS, *_BEFORE_AN_OBJECT}


def _scope(sentence: Sentence, words: Sequence[str], start: int) -> range:
    left = _REACH
    for at in range(start, min(len(words), start + _SCOPE_LIMIT)):
        if _ends(sentence, words, start, at) or left == 0:
            return range(start, at)
        left = _REACH if words[at] in ("or", "nor", "any") or at in sentence.commas else left - 1
    return range(start, start + _SCOPE_LIMIT)


def _ends(sentence: Sentence, words: Sequence[str], start: int, at: int) -> bool:
    word = words[at]
    if at == start:
        return False
    if word in _ENDS_SCOPE:
        return not (word == "and" and words[at + 1 : at + 2] in (["no"], ["any"]))
    if at in sentence.commas:
        return word in _SUBJECTS or not _list_goes_on(words, at)
    return word in _SUBJECTS and words[at - 1] not in _BEFORE_AN_OBJECT


def _list_goes_on(words: Sequence[str], at: int) -> bool:
    for word in words[at : at + _LIST_REACH]:
        if word in ("or", "nor"):
            return True
        if word in _ENDS_SCOPE or word in _SUBJECTS:
            return False
    return False
