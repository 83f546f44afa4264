"""What a message is searched with: alone, and behind the question that it may go on from; or not at all.

Small talk, the user's own record and orders for a plan or an entry are answered without the knowledge base, whose
passages would only be in the way. What is not known for one of these is searched.
"""

import functools
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

MAX_LOOKED_AT = 300  # characters; who writes more neither just greets nor leaves out what it is about
# Of questions that a document answers some reach no more than .2 when they are put in other words. What asks nothing is
# small talk as often as a complaint, and that is nearer: make bench NAME=retrieval shows what passes, of each.
MIN_SCORE, MIN_SCORE_OF_STATEMENTS = 0.2, 0.25
FEW_WORDS = 4  # of a question that says little without the one before
_QUESTION_MARKS = frozenset("?\uff1f\u061f\u037e")  # also those of Chinese, Arabic and Greek
_NO_WORD = re.compile(r"\W+")
_SECTION = re.compile(r"^\[(\w+)\].*\n((?:(?!\[).+\n)*)", re.MULTILINE)


def searched(message: str, before: Sequence[str]) -> tuple[str, ...]:
    """The queries of a message, whose finds are interleaved: none, one, or two.

    `before` are the user's questions before it, newest first.
    """
    if not needs_passages(message):
        return ()
    context = behind(message, before)
    return (message, context) if context else (message,)


def behind(message: str, before: Sequence[str]) -> str | None:
    """A message behind what it may go on from; None where that is nothing."""
    context = _context(before) if _may_go_on(message) else ""
    return f"{context}\n{message}" if context else None


def goes_on(message: str) -> bool:
    """Whether it is clear from its words that a message goes on from another: it names it, or says nothing else.

    Any other message of which the knowledge base has nothing is a new subject.
    """
    words = _words(message)
    by_words = not _known("leading").isdisjoint(words[:1]) or not _known("referring").isdisjoint(words)
    return by_words or all(word in _known("joining") | _known("courtesy") for word in words)


def least_similarity(message: str) -> float:
    """Cosine similarity below which a passage is about something else than a message."""
    return MIN_SCORE if _asks(message) else MIN_SCORE_OF_STATEMENTS


def needs_passages(message: str) -> bool:
    """Whether the knowledge base may have something on it."""
    if len(message) > MAX_LOOKED_AT:
        return True
    words = _words(message)
    if "?" not in message and all(word in _known("courtesy") for word in words):
        return False
    while len(words) > 1 and words[0] in _known("opening"):  # "hi coach, how was my week?"
        if _sentences().fullmatch(" ".join(words)):
            return False
        words = words[1:]
    return not _sentences().fullmatch(" ".join(words))


def _asks(message: str) -> bool:
    """Whether something is looked for: a question, or a word alone."""
    return not _QUESTION_MARKS.isdisjoint(message) or len(_words(message)) <= 1


def _may_go_on(message: str) -> bool:
    """Whether it can be a question: of few words that neither ask nor join on, most are a courtesy we do not know."""
    if len(message) > MAX_LOOKED_AT:  # which says itself what it is about
        return False
    words = _words(message)
    joins = not _known("joining").isdisjoint(words[:1])
    return len(words) > FEW_WORDS or not message.isascii() or "?" in message or joins


def _context(before: Sequence[str]) -> str:
    """The newest question that was one, and where that says little what it went on from."""
    parts: list[str] = []
    for question in filter(needs_passages, before):
        parts.insert(0, question)
        if len(_words(question)) > FEW_WORDS:
            break
    return "\n".join(parts)


def _words(message: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", message.casefold())
    return _NO_WORD.sub(" ", "".join(each for each in plain if not unicodedata.combining(each))).split()


@functools.cache
def _sections() -> dict[str, str]:
    return dict(_SECTION.findall(Path(__file__).with_name("unneeded.txt").read_text(encoding="utf-8")))


@functools.cache
def _known(section: str) -> frozenset[str]:
    return frozenset(_words(_sections()[section]))


@functools.cache
def _sentences() -> re.Pattern[str]:
    """Compiled when it is first asked for: that takes longer than the import of most modules."""
    whole = "|".join(_sections()["sentences"].splitlines())
    for part in ("polite", "theirs"):
        whole = whole.replace(f"<{part}>", _sections()[part].strip())
    return re.compile(whole)
