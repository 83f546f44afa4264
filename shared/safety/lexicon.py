"""What is urgent in each language, as `python -m infra.safety` compiles rules/urgent/*.toml into urgent/*.json.

A language is read at the first sentence that may be in it: nobody waits for all of them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from shared.safety.phrases import Phrases, beginnings
from shared.safety.scripts import forms
from shared.safety.spelling import Spelling

FOLDER = Path(__file__).with_name("urgent")
INDEX = FOLDER / "index.json"
# The first letters of a script's blocks in Unicode; what stands before is Latin.
_SCRIPTS = (
    (0x3100, "han"),
    (0x3041, "kana"),
    (0x2E80, "han"),
    (0x0980, "latin"),
    (0x0900, "devanagari"),
    (0x0600, "arabic"),
    (0x0400, "cyrillic"),
)
_FEW_SIGNS = 6  # of Japanese that may be without kana
_TELLING = 4  # letters of the beginning of a word
_OF_ANOTHER = 2  # words that only one language knows, and a third of the likeliest's, make it worth a look too


@dataclass(frozen=True, eq=False)  # there is one of each language
class Lexicon:
    """One language: `phrases` by what they are for, `words` of its grammar, `slang` spelt out."""

    language: str
    phrases: Mapping[str, Phrases]
    words: Mapping[str, frozenset[str]]
    slang: Mapping[str, Sequence[str]]
    stems: frozenset[str]  # as they stand in the phrases: "krwaw*"
    spelling: Spelling
    signs_a_word: int = 1  # in scripts without spaces, where each sign is taken for a word

    def meant(self, typed: str) -> Sequence[str]:
        """The word or words that were meant."""
        if typed in self.slang:
            return self.slang[typed]
        if not self.stems.isdisjoint(beginnings(typed)) or any(map(self.spelling.knows, forms(typed))):
            return [typed]
        return self.spelling.correct(typed)


@cache
def lexicon(language: str) -> Lexicon:
    read = json.loads((FOLDER / f"{language}.json").read_bytes())
    words = {name: frozenset(text.split(" ")) for name, text in read["words"].items()}
    slang = {short: tuple(spelt.split(" ")) for short, spelt in read["slang"].items()}
    signs: int = read["signs_a_word"]
    phrases = {name: Phrases(lines, signs) for name, lines in read["phrases"].items()}
    spelling, stems = Spelling(**read["spelling"]), frozenset(read["stems"])
    return Lexicon(language, phrases, words, slang, stems, spelling, signs)


@cache
def _index() -> Mapping[str, Any]:
    index: dict[str, Any] = json.loads(INDEX.read_bytes())
    return index


@cache
def _known_words(script: str) -> Mapping[str, frozenset[str]]:
    """By language, the words that its rules name, and its commonest."""
    of_script: Mapping[str, Mapping[str, str]] = _index()["scripts"]
    # Japanese of few words has Chinese signs alone.
    theirs = {**of_script.get(script, {}), **(of_script.get("kana", {}) if script == "han" else {})}
    return {language: frozenset(text.split(" ")) for language, text in theirs.items()}


@cache
def continuations() -> frozenset[str]:
    """Words of any language with which a sentence goes on about the last."""
    return frozenset(_index()["continuation"].split(" "))


class Message:
    """All words of a message: what each sentence asks of them is found out once."""

    def __init__(self, words: Sequence[str] = ()) -> None:
        self._words = words
        self._known: dict[str, dict[str, int]] = {}

    @cached_property
    def scripts(self) -> set[str]:
        return _scripts_of(self._words)

    def known_of(self, script: str) -> dict[str, int]:
        """How many of its words each language knows."""
        if script not in self._known:
            known = _known_of(script, self._words)
            self._known[script] = {language: len(theirs) for language, theirs in known.items()}
        return self._known[script]


def lexicons(words: Sequence[str], message: Message) -> list[Lexicon]:
    """Of the languages that a sentence may be in; where several know as much of it, of those its message is in."""
    scripts = _scripts_of(words)
    if "kana" in scripts:  # Japanese, whose other signs are Chinese ones
        scripts.discard("han")
    return [lexicon(language) for script in sorted(scripts) for language in _likely(script, words, message)]


def _scripts_of(words: Iterable[str]) -> set[str]:
    """Figures are of none."""
    return {_script(word) for word in words if not word[0].isdigit()}


def _script(word: str) -> str:
    first = ord(word[0])
    return next((script for start, script in _SCRIPTS if first >= start), "latin")


def _likely(script: str, words: Sequence[str], message: Message) -> list[str]:
    known = _known_of(script, words)
    if script == "han" and _is_chinese(words, message):
        known = {"zh": known["zh"]}
    most = max(known.values(), key=len, default=set[str]())
    likeliest = [language for language, theirs in known.items() if len(theirs) == len(most)]
    if len(likeliest) > 1:
        around = message.known_of(script)
        best = max(around[language] for language in likeliest)
        likeliest = [language for language in likeliest if around[language] == best]
    others = (language for language, theirs in known.items() if len(theirs - most) >= max(_OF_ANOTHER, len(most) / 3))
    return list(dict.fromkeys((*likeliest, *others)))


def _is_chinese(words: Sequence[str], message: Message) -> bool:
    """Japanese without kana is short."""
    return "kana" not in message.scripts and sum(_script(word) == "han" for word in words) > _FEW_SIGNS


def _known_of(script: str, words: Sequence[str]) -> dict[str, set[str]]:
    forms = [(word, (word, *_telling(word))) for word in set(words) if not word[0].isdigit()]
    return {
        language: {word for word, ways in forms if not theirs.isdisjoint(ways)}
        for language, theirs in _known_words(script).items()
    }


def _telling(word: str) -> Iterator[str]:
    """The beginnings that no other language has by chance."""
    return (begun for begun in beginnings(word) if len(begun) > _TELLING)
