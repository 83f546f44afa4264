"""Compiles the words of rules/concepts.toml into regular expressions for each meaning in each language."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from shared.safety.concepts import BEGINNING, FOLDER, INDEX, plain
from shared.safety.wordings import Groups

_GAP, _GAP_OF_SIGNS = r"(?:\W+(?!(?:{denials})\b)\w+){{0,{most}}}?\W+", ".{0,8}?"
# Words of `~` and `~~`, none of which denies: "Setz deine Tabletten nicht ab" sets nothing off.
_MOST, _MOST_LONG = 3, 8
_SIGNS = ("zh", "ja")  # words stand without blanks
_SCRIPTS = (*_SIGNS, "ru", "ar", "hi")  # known by their letters
_LETTERS = r"[\w\u0900-\u0963\u0970-\u097f]"  # vowels of Devanagari are no letters to Python
_TEEN = r"(?<!\d)1[0-7](?!\d|[:/.,]\d|\s?[%x])"  # what `#teen` stands for: an age
_BEGINNING = re.compile(rf"\w[\w\u0900-\u0963\u0970-\u097f]{{0,{BEGINNING - 1}}}")
_ARTICLES = "(?:[وفبلكس]?(?:ال)?|لل)"  # what Arabic writes in front of a word


def rendered(rules: Mapping[str, Any], languages: Iterable[str]) -> dict[Path, str]:
    """Of each language its meanings and numbers, and an index of all. Raises KeyError when one lacks a meaning."""
    concepts = rules["concepts"]
    texts = {FOLDER / f"{language}.json": _json(_language(rules, language)) for language in languages}
    vocabularies = {
        language: sorted(_vocabulary(concepts, language)) for language in languages if language not in _SCRIPTS
    }
    return texts | {INDEX: _json({"names": list(concepts), "vocabularies": vocabularies})}


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace('","', '",\n"') + "\n"


def _language(rules: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {
        **_index(rules["concepts"], language),
        "concepts": {
            name: _groups(entry[language], language, _denials(rules["concepts"]["forbid"][language]))
            for name, entry in rules["concepts"].items()
        },
        "spelt": {plain(said): plain(meant) for said, meant in _spelt(rules["spelt"][language])},
        "numerals": {plain(word): str(i) for i, word in enumerate(rules["numerals"][language].split(), 2)},
    }


def _spelt(line: str) -> Iterator[list[str]]:
    return (each.strip().split(" = ") for each in line.split(","))


def _denials(wordings: str) -> str:
    """The single words that forbid."""
    words = map(plain, map(str.strip, wordings.split(",")))
    return "|".join(re.escape(word) for word in words if word.isalpha())


def _groups(wordings: str, language: str, denials: str) -> Groups:
    """Wordings by their first letter; those of Arabic by what stands in front of all."""
    by_start: dict[str, dict[str, str]] = {}
    for each in [plain(each.strip()) for each in wordings.split(",") if each.strip()]:
        first = re.escape(each.lstrip("*")[0]).removeprefix(r"\#")
        is_free = language in _SIGNS or each.startswith("*") or not each[0].isalnum()
        start = first if is_free else rf"{first}(?<!{_LETTERS}{first})"
        rest = _wording(each, language, denials)
        if language == "ar":
            start, first = rf"(?<!{_LETTERS}){_ARTICLES}", ""
        by_start.setdefault(start, {})[rest.removeprefix(first)] = _letters(each)
    return by_start


def _letters(wording: str) -> str:
    """What a text must have to say it, piece by piece, the longest first."""
    pieces = re.split(r"[*~ ]+", wording.replace("#teen", "*"))
    return " ".join(sorted(filter(None, pieces), key=len, reverse=True))


def _index(concepts: Mapping[str, Any], language: str) -> dict[str, Any]:
    """By what a wording begins with, or has within, the concepts that it may name, each a bit."""
    starts: defaultdict[str, int] = defaultdict(int)
    inner: defaultdict[str, int] = defaultdict(int)
    always = 0
    sizes = (1, 2) if language in _SIGNS else (4,)
    for i, entry in enumerate(concepts.values()):
        for wording in map(plain, map(str.strip, entry[language].split(","))):
            begun = _BEGINNING.match(wording)
            literal = re.split(r"[*~# ]", wording.strip("*"))[0][: sizes[-1]]
            if begun and language not in _SIGNS:
                starts[begun[0]] |= 1 << i
            elif len(literal) in sizes:
                inner[literal] |= 1 << i
            else:
                always |= 1 << i
    return {"starts": starts, "inner": inner, "always": always, "sizes": sizes}


def _vocabulary(concepts: Mapping[str, Any], language: str) -> set[str]:
    """The words by which a language is known, and the beginnings of words."""
    said = (plain(wording) for entry in concepts.values() for wording in entry[language].split(","))
    return {word for each in said for word in re.findall(r"[^\W\d_]{3,}", each)}


def _wording(wording: str, language: str, denials: str) -> str:
    article = "(?:ال)?" if language == "ar" else ""
    inner = wording.strip("*")
    pattern = re.escape(inner).replace(r"\~", "~").replace(r"\#teen", _TEEN)
    for mark, most in ((r"\ ~~\ ", _MOST_LONG), (r"\ ~\ ", _MOST)):
        gap = _GAP_OF_SIGNS if language in _SIGNS else _GAP.format(denials=denials, most=most)
        pattern = pattern.replace(mark, gap + article)
    pattern = pattern.replace(r"\*", rf"{_LETTERS}*").replace(r"\ ", rf"[\s-]+{article}")
    if language in _SIGNS:
        return pattern
    is_begun = wording.endswith("*")
    return rf"{pattern}{_LETTERS}*" if is_begun else rf"{pattern}(?!{_LETTERS})" if inner[-1].isalnum() else pattern
