"""Compiles shared/safety/rules/urgent/*.toml, a file for each language, into shared/safety/urgent/*.json.

`python -m infra.safety` does it. docs/safety.md says what a file looks like.
"""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, product
from pathlib import Path
from typing import Any

from shared.safety.lexicon import FOLDER as COMPILED
from shared.safety.lexicon import INDEX
from shared.safety.phrases import GAP, MAX_STEM, MIN_STEM, STEM
from shared.safety.words import plain_words

FOLDER = COMPILED.with_name("rules") / "urgent"
PHRASES = {
    "symptoms": ("symptoms", "contexts"),
    "harmless": ("harmless",),
    "denials": ("denials",),
    "frames": ("frames",),
}
WORDS = ("scope_ends", "subjects", "before_object", "alternatives", "and", "and_no", "owners")  # that code asks for
LEFT = ("ordinary", "common", "continuation", *WORDS)  # words that are no typos
TABLES = {"script", "symptoms", "contexts", "harmless", "denials", "frames", "words", "slang", "fires", "passes"}

Table = Mapping[str, Any]
Lines = Mapping[str, list[str]]  # phrases by the concept they name


def read(folder: Path = FOLDER) -> dict[str, dict[str, Any]]:
    """The files by language. Raises ValueError."""
    languages: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            languages[path.stem] = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"urgent/{path.name}: {error}") from error
        if unknown := languages[path.stem].keys() - TABLES:
            raise ValueError(f"urgent/{path.name}: there is no table {', '.join(sorted(unknown))}")
    return languages


def rendered(languages: Mapping[str, Table], red_flags: Iterable[Table]) -> dict[Path, str]:
    """What each compiled file must hold. Raises ValueError for what the red flags name and no language has."""
    flags = list(red_flags)
    check(languages, flags)
    each = {language: compiled(entry) for language, entry in languages.items()}
    texts = {COMPILED / f"{language}.json": as_json(content) for language, content in each.items()}
    return texts | {INDEX: as_json(_index(languages, each))}


def as_json(content: Any) -> str:
    """A line for each entry, so that a change shows where it is."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace('},"', '},\n"') + "\n"


def check(languages: Mapping[str, Table], flags: Iterable[Table]) -> None:
    """Raises ValueError."""
    described: set[str] = set().union(*(concepts(entry, "symptoms", "contexts") for entry in languages.values()))
    ids = set()
    for flag in flags:
        ids.add(flag["id"])
        named = {concept for key in ("needs", "unless", "separators") for concept in flag.get(key, ())}
        if unknown := named - described:
            raise ValueError(f"the red flag {flag['id']} names {', '.join(sorted(unknown))}, which no language has")
    for language, entry in languages.items():
        if unknown := {*entry.get("fires", ()), *entry.get("passes", ())} - ids:
            raise ValueError(
                f"urgent/{language}.toml has sentences for {', '.join(sorted(unknown))}, which is no red flag"
            )


def concepts(entry: Table, *tables: str) -> dict[str, list[str]]:
    """The phrases of a language by what they name, in one or more of its tables."""
    return {name: phrases for table in tables for name, phrases in entry.get(table, {}).items()}


def compiled(entry: Table) -> dict[str, Any]:
    """What shared.safety.lexicon loads of a language."""
    spelt = slang(entry)
    phrases = {name: lines(concepts(entry, *tables), spelt) for name, tables in PHRASES.items()}
    stems = {word for each in phrases.values() for word in vocabulary(each) if word.endswith(STEM)}
    if wrong := {stem for stem in stems if not MIN_STEM < len(stem) <= MAX_STEM + 1}:
        raise ValueError(f"{', '.join(sorted(wrong))}: a beginning has {MIN_STEM} to {MAX_STEM} letters")
    words = {name: _plain(entry, name, spelt) for name in LEFT}
    return {
        "phrases": phrases,
        "words": {name: " ".join(words[name]) for name in WORDS},
        "slang": {short: " ".join(meant) for short, meant in spelt.items()},
        "stems": sorted(stems),
        "signs_a_word": 2 if entry["script"] in ("han", "kana") else 1,
        "spelling": _spelling(lines(concepts(entry, "symptoms"), spelt), phrases, words.values()),
    }


def slang(entry: Table) -> dict[str, tuple[str, ...]]:
    return {short: plain_words(meant) for short, meant in entry.get("slang", {}).items()}


def _plain(entry: Table, name: str, spelt: Mapping[str, tuple[str, ...]]) -> list[str]:
    return sorted(set(_spelt(entry.get("words", {}).get(name, ""), spelt)))


def lines(phrases: Mapping[str, Iterable[str]], spelt: Mapping[str, tuple[str, ...]]) -> Lines:
    """The phrases of each concept with their words as they are in a user's text."""
    return {
        concept: sorted({line for phrase in each for line in expand(phrase, spelt)})
        for concept, each in phrases.items()
    }


def expand(phrase: str, spelt: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """The phrase; once more for every alternative that is several words ("gonna" is "going to")."""
    for chosen in product(*(_alternatives(word, spelt) for word in phrase.split())):
        yield " ".join(filter(None, chosen))


def _alternatives(word: str, spelt: Mapping[str, tuple[str, ...]]) -> list[str]:
    each = dict.fromkeys(_spelt(way, spelt) for way in word.split("|"))
    one = "|".join(way[0] for way in each if len(way) == 1)
    return [*filter(None, [one]), *(" ".join(way) for way in each if len(way) != 1)]


def _spelt(text: str, spelt: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What a user's text has in the place of a rule's words."""
    if text == GAP or text.startswith("#"):
        return (text,)
    if text.endswith(STEM):
        *before, begun = plain_words(text.removesuffix(STEM))
        return (*before, f"{begun}{STEM}")
    return tuple(chain.from_iterable(spelt.get(word, (word,)) for word in plain_words(text)))


def vocabulary(phrases: Lines) -> set[str]:
    each = (part.split("|") for lines in phrases.values() for line in lines for part in line.split(" "))
    return set(chain.from_iterable(each)) - {GAP}


def _spelling(known: Lines, phrases: Mapping[str, Lines], words: Iterable[Iterable[str]]) -> dict[str, list[str]]:
    """Towards which words typos are corrected, and which other words are left as they are."""
    left = set().union(*map(vocabulary, phrases.values()), *words)
    corrected = {word for word in vocabulary(known) if word.isalpha() or word.isdecimal()}
    return {"known": sorted(corrected), "ordinary": sorted(word for word in left - corrected if word.isalpha())}


def _index(languages: Mapping[str, Table], each: Mapping[str, Table]) -> dict[str, Any]:
    scripts: dict[str, dict[str, str]] = {}
    for language, entry in languages.items():
        known = {
            *each[language]["spelling"]["known"],
            *each[language]["stems"],
            *_plain(entry, "common", {}),
            *entry.get("slang", ()),
        }
        scripts.setdefault(entry["script"], {})[language] = " ".join(sorted(known))
    goes_on = {word for entry in languages.values() for word in _plain(entry, "continuation", {})}
    return {"scripts": scripts, "continuation": " ".join(sorted(goes_on))}
