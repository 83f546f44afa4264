"""Text as sentences of plain lower-case words, so that rules need not know how people type."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.safety import rulebook

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘‛`´ʼ＇", "'"))  # noqa: RUF001 - the characters that phones type
_SHORT_FORMS = (("n't", "nt"), ("'ll", " will"), ("'re", " are"), ("'ve", " have"), ("'m", " am"), ("'d", " would"))
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|[.!?;:,\n()]")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_NAME_WORD = re.compile(r"[^\W_]+")
_ENDS = frozenset(".!?;")
_MARKS = _ENDS | frozenset("\n,:()")


@dataclass(frozen=True)
class Sentence:
    """`commas` are the indices of the words before which a comma, colon or bracket stands."""

    words: tuple[str, ...]
    commas: frozenset[int]


def fold(text: str) -> str:
    """Lower case, no accents, plain apostrophes, no invisible characters."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES))
    return "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Cf")).lower()


def singular(name: str) -> str:
    """The name of a thing or exercise as the rules have it: "Back-Squats" is "back squat"."""
    return " ".join(
        word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith("ss") else word
        for word in _NAME_WORD.findall(fold(name))
    )


def _tokens(text: str, slang: Mapping[str, str]) -> Iterator[str]:
    folded = fold(text)
    for short, long in _SHORT_FORMS:
        folded = folded.replace(short, long)
    for found in _TOKEN.findall(folded.replace("'", "")):
        word = _STRETCHED.sub(r"\1", found)
        yield from slang.get(word, word).split(" ")


def plain_words(text: str, slang: Mapping[str, str]) -> tuple[str, ...]:
    """The words of a text as `sentences` gives them; rules are read so too, or their phrases would never match."""
    return tuple(piece for piece in _tokens(text, slang) if piece not in _MARKS)


def sentences(text: str) -> list[Sentence]:
    """The sentences of a text; one that only continues the last is part of it."""
    found: list[tuple[list[str], set[int]]] = []
    ended = True
    for piece in _tokens(text, rulebook.compiled()["slang"]):
        if piece in _ENDS:
            ended = True
        elif piece in _MARKS:
            if found and not ended:
                found[-1][1].add(len(found[-1][0]))
        else:
            if ended and found and piece in rulebook.words("continuation"):
                found[-1][1].add(len(found[-1][0]))
            elif ended:
                found.append(([], set()))
            ended = False
            found[-1][0].append(piece)
    return [Sentence(tuple(words), frozenset(commas)) for words, commas in found]
