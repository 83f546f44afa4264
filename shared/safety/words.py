"""Text as sentences of plain lower-case words, so that rules need not know how people type."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from shared.safety.scripts import pieces, spelt_alike

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘‛`´ʼ＇", "'"))  # noqa: RUF001 - the characters that phones type
_SHORT_FORMS = (("n't", "nt"), ("'ll", " will"), ("'re", " are"), ("'ve", " have"), ("'m", " am"), ("'d", " would"))
_IS = re.compile(r"(?<=[a-z])'s\b")  # "my tongue's swelling"; whose it is changes nothing
# Letters that Unicode does not take apart into a plain one and its accent.
_LETTERS = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "œ": "oe", "æ": "ae", "\u0131": "i", "đ": "d"})
_ELISION = re.compile(r"\b([cdjlmnst]|qu|un|[ad]ll|d?all|dell|nell|sull|quell)'(?=[^\W\d_])")  # "j'ai", "all'occhio"
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W\d_][ ._*-]){3,}[^\W\d_](?![^\W_])")
_BETWEEN = re.compile(r"[ ._*-]")
_DISGUISED = re.compile(r"(?<![^\W_])[a-z]+(?:[013457@$*][a-z]+)+(?![^\W_])")
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "*": ""})
_FEWEST_LETTERS = 3  # of a word with figures for others
# An id says nothing, whatever words its letters make: groups of signs with dashes between them, or many with figures.
_ID = re.compile(r"(?<![^\W_])(?:[0-9a-f]{4,}(?:-[0-9a-f]{4,}){2,}|(?=[a-z]*\d)(?=\d*[a-z])[0-9a-z]{16,})(?![^\W_])")
# "28. Woche" is one sentence, "zone 2. Passed out today" are two.
_NUMBERED = ("day", "grade", "level", "phase", "round", "rpe", "set", "stage", "step", "type", "week", "zone")
_COUNTED = "".join(f"(?<!{word} )" for word in _NUMBERED)
_ORDINAL = re.compile(rf"(?<![\w.,]){_COUNTED}(\d{{1,2}})\.(?=\s*[^\W\d_])")
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|[.!?;:,\n()。、]")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_NAME_WORD = re.compile(r"[^\W_]+")
_ENDS = frozenset(".!?;。")
_MARKS = _ENDS | frozenset("\n,:()、")


@dataclass(frozen=True)
class Sentence:
    """`commas` are the indices of the words before which a comma, colon or bracket stands."""

    words: tuple[str, ...]
    commas: frozenset[int]


def fold(text: str) -> str:
    """Lower case, no accents, plain apostrophes, no invisible characters."""
    if text.isascii():  # most is, and is read with every piece of an answer
        return text.translate(_APOSTROPHES).lower()
    decomposed = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES))
    return "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Cf")).lower()


def singular(name: str) -> str:
    """The name of a thing or exercise as the rules have it: "Back-Squats" is "back squat"."""
    return " ".join(
        word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith("ss") else word
        for word in _NAME_WORD.findall(fold(name))
    )


def _tokens(text: str) -> Iterator[str]:
    folded = fold(spelt_alike(text)).translate(_LETTERS)
    for short, long in _SHORT_FORMS:
        folded = folded.replace(short, long)
    folded = _IS.sub(" is", folded)
    folded = _ORDINAL.sub(r"\1 ", _meant(_ELISION.sub(r"\1 ", _ID.sub(" ", folded))))
    for found in _TOKEN.findall(folded.replace("'", "")):
        yield from pieces(_STRETCHED.sub(r"\1", found))


def _meant(folded: str) -> str:
    """The letters of words that were spelt so that no rule finds them: "k1ll", "c h e s t"."""
    spelt = _SPACED.sub(lambda found: _BETWEEN.sub("", found[0]), folded)
    return _DISGUISED.sub(lambda found: _undisguised(found[0]), spelt)


def _undisguised(word: str) -> str:
    """ "t1d" is no word, but type 1 diabetes."""
    return word.translate(_LEET) if sum(map(str.isalpha, word)) >= _FEWEST_LETTERS else word


def plain_words(text: str) -> tuple[str, ...]:
    """The words of a text as `sentences` gives them; rules are read so too, or their phrases would never match."""
    return tuple(piece for piece in _tokens(text) if piece not in _MARKS)


def sentences(text: str, continuations: Collection[str] = ()) -> list[Sentence]:
    """The sentences of a text; one that begins with one of `continuations` is part of the last."""
    found: list[tuple[list[str], set[int]]] = []
    ended = True
    for piece in _tokens(text):
        if piece in _ENDS:
            ended = True
        elif piece in _MARKS:
            if found and not ended:
                found[-1][1].add(len(found[-1][0]))
        else:
            if ended and found and piece in continuations:
                found[-1][1].add(len(found[-1][0]))
            elif ended:
                found.append(([], set()))
            ended = False
            found[-1][0].append(piece)
    return [Sentence(tuple(words), frozenset(commas)) for words, commas in found]
