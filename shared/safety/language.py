"""In which language a message is written: by its letters, or by its commonest words."""

import re
import unicodedata
from collections import Counter
from functools import cache

from shared.safety.advice import DEFAULT, languages
from shared.safety.words import fold

_READ = 600  # characters that are looked at
_TOO_FEW = 2  # letters
_WORD = re.compile(r"\b(?<!-)[^\W\d_]+\b(?!-)")  # no part of an identifier, which is in no language
_SCRIPTS = (
    ("HIRAGANA", "ja"),
    ("KATAKANA", "ja"),
    ("CJK", "zh"),
    ("CYRILLIC", "ru"),
    ("ARABIC", "ar"),
    ("DEVANAGARI", "hi"),
)
# Letters of languages that share a script with one of ours: Ukrainian, Persian, Urdu.
_OTHERS = frozenset("\u0456\u0457\u0454\u0491\u045e\u067e\u0686\u0698\u06af\u0679\u0688\u0691\u06ba\u06d2")


def language_of(text: str, otherwise: str | None = None) -> str:
    """One of ours. `otherwise` where the text does not show it: the language of the user's profile."""
    read = text[:_READ]
    return _by_letters(read) or _by_words(read) or _ours(otherwise) or DEFAULT


def _ours(language: str | None) -> str | None:
    return language if language in languages() else None


def _by_letters(text: str) -> str | None:
    """The script of a third of the letters: other words stand in most texts. A sign is as long as three letters."""
    if text.isascii():
        return None
    scripts = Counter(unicodedata.name(letter, "").split(" ")[0] for letter in text if letter.isalpha())
    kana = scripts.pop("HIRAGANA", 0) + scripts.pop("KATAKANA", 0)
    scripts["CJK"] = 3 * (scripts["CJK"] + kana)
    found = next((language for script, language in _SCRIPTS if scripts[script] > scripts.total() / 3), None)
    if found == "zh" and kana:
        return "ja"
    return found if _OTHERS.isdisjoint(text.lower()) else None


def _by_words(text: str) -> str | None:
    """The language of which most letters stand there in common words; none where two have as many, or it is an "a"."""
    said = set(_WORD.findall(fold(text)))
    letters = {name: sum(map(len, said & words)) for name, words in _common_words().items()}
    best, second = sorted(letters, key=letters.__getitem__, reverse=True)[:2]
    return best if letters[best] > max(letters[second], _TOO_FEW) else None


@cache
def _common_words() -> dict[str, frozenset[str]]:
    return {name: frozenset(fold(texts["words"]).split()) for name, texts in languages().items() if "words" in texts}
