"""The words of each language by what they mean, as `python -m infra.safety` compiles them."""

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from shared.safety.language import language_of
from shared.safety.wordings import Wordings
from shared.safety.words import fold

FOLDER = Path(__file__).with_name("concepts")
INDEX = FOLDER / "index.json"
# Turkish i; Arabic marks of numbers, and letters that are written in two ways.
SPELT = str.maketrans(
    {"ß": "ss", "\u0131": "i", "ł": "l", "\u066c": ",", "\u066b": "."} | {"\u0629": "\u0647", "\u0649": "\u064a"}
)
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[a-z]{4} ")  # units and names stand in all texts
_READ = 600  # characters by which the language is told
_BEGINNING = 4  # letters
BEGINNING = 5  # letters by which the concepts are found that a word may name
_LIKELY, _MOST = 0.75, 3  # of the most letters that a language knows, and how many languages


def plain(text: str) -> str:
    """Folded, and letters that folding leaves written as people do without them."""
    return fold(text).translate(SPELT)


@cache
def _index() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(INDEX.read_bytes())
    return read


@cache
def lexicon_of(language: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((FOLDER / f"{language}.json").read_bytes())
    return read


@cache
def bits() -> dict[str, int]:
    """Of each concept, by which sets of them are told."""
    return {name: 1 << i for i, name in enumerate(_index()["names"])}


@cache
def _vocabularies() -> dict[str, frozenset[str]]:
    return {language: frozenset(words) for language, words in _index()["vocabularies"].items()}


def languages_in(text: str) -> tuple[str, ...]:
    """In which a text may be written: one by its letters, else those of which it has the most words."""
    known = language_of(text)
    vocabularies = _vocabularies()
    if known not in vocabularies:
        return (known,)
    said = set(_WORD.findall(plain(text[:_READ])))
    beginnings = {word: {word[:n] for n in range(_BEGINNING, len(word) + 1)} | {word} for word in said}
    scores = {
        name: sum(len(word) for word in said if beginnings[word] & vocabulary)
        for name, vocabulary in vocabularies.items()
    }
    best = max(scores.values())
    likely = sorted((name for name in scores if scores[name] >= _LIKELY * best), key=scores.__getitem__, reverse=True)
    return tuple(likely[:_MOST]) if best else (known,)


@cache
def _not_latin() -> re.Pattern[str]:
    return re.compile(r"[\u0400-\u04ff\u0600-\u06ff\u0900-\u097f\u3040-\u9fff]{2}")


def with_other_script(languages: Iterable[str], sentence: str) -> tuple[str, ...]:
    """The languages of a text, and those of a sentence of it that is written in other letters."""
    known = tuple(languages)
    is_latin = any(language in _vocabularies() for language in known)
    if is_latin and sentence.isascii():
        return known
    other = _not_latin() if is_latin else _LATIN
    return tuple(dict.fromkeys((*known, *languages_in(sentence)))) if other.search(sentence) else known


@cache
def concept(language: str, name: str) -> Wordings:
    return Wordings(lexicon_of(language)["concepts"][name])


@cache
def numerals(language: str) -> re.Pattern[str]:
    words = "|".join(lexicon_of(language)["numerals"])
    return re.compile(rf"(?:{words})(?=个?[周天月星])" if language in ("zh", "ja") else rf"\b(?:{words})(?=[ -])")


@cache
def spelt(language: str) -> re.Pattern[str]:
    words = "|".join(map(re.escape, lexicon_of(language)["spelt"]))
    return re.compile(words if language in ("zh", "ja") else rf"\b(?:{words})(?![\w\u0900-\u0963])")
