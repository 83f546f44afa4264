"""Text as sentences of plain lower-case words, so that rules need not know how people type."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘‛`´ʼ＇", "'"))  # noqa: RUF001 - the characters that phones type
_SHORT_FORMS = (("n't", "nt"), ("'ll", " will"), ("'re", " are"), ("'ve", " have"), ("'m", " am"), ("'d", " would"))
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|[.!?;:,\n()]")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_ENDS = frozenset(".!?;")
_MARKS = _ENDS | frozenset("\n,:()")
# Slang and short forms, spelt out.
_SPELT_OUT = {
    "im": "i am",
    "ive": "i have",
    "cannot": "cant",
    "wanna": "want to",
    "gonna": "going to",
    "gotta": "have to",
    "cuz": "because",
    "cos": "because",
    "coz": "because",
    "bc": "because",
    "u": "you",
    "ur": "your",
    "n": "and",
    "rn": "right now",
    "tho": "though",
    "rlly": "really",
    "w": "with",
    "shes": "she is",
    "hes": "he is",
    "its": "it is",
    "thats": "that is",
    "theres": "there is",
    "wont": "will not",
}
# A sentence that starts so speaks of what the one before it named: "My chest. It hurts."
_GOES_ON = frozenset({"it", "this", "that", "hurts", "they", "and", "especially", "also", "mostly", "same"})


@dataclass(frozen=True)
class Sentence:
    """`commas` are the indices of the words before which a comma, colon or bracket stands."""

    words: tuple[str, ...]
    commas: frozenset[int]


def fold(text: str) -> str:
    """Lower case, no accents, plain apostrophes, no invisible characters."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES))
    return "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Cf")).lower()


def _tokens(text: str) -> Iterator[str]:
    folded = fold(text)
    for short, long in _SHORT_FORMS:
        folded = folded.replace(short, long)
    for found in _TOKEN.findall(folded.replace("'", "")):
        word = _STRETCHED.sub(r"\1", found)
        yield from _SPELT_OUT.get(word, word).split(" ")


def plain_words(text: str) -> tuple[str, ...]:
    """The words of a text as `sentences` gives them; tables are read so too, or their phrases would never match."""
    return tuple(piece for piece in _tokens(text) if piece not in _MARKS)


def sentences(text: str) -> list[Sentence]:
    """The sentences of a text; one that only goes on about the last is part of it."""
    found: list[tuple[list[str], set[int]]] = []
    ended = True
    for piece in _tokens(text):
        if piece in _ENDS:
            ended = True
        elif piece in _MARKS:
            if found and not ended:
                found[-1][1].add(len(found[-1][0]))
        else:
            if ended and found and piece in _GOES_ON:
                found[-1][1].add(len(found[-1][0]))
            elif ended:
                found.append(([], set()))
            ended = False
            found[-1][0].append(piece)
    return [Sentence(tuple(words), frozenset(commas)) for words, commas in found]
