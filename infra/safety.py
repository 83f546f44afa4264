"""Compiles shared/safety/rules/*.toml into shared/safety/rules.json: `python -m infra.safety [--check]`.

People read and write the TOML; reading it takes Python 50 times as long as JSON, too long where a user waits. What only
people and tests need (sentences, addresses) is left out, and phrases become trees that are searched as they are.
docs/safety.md says what an entry looks like.
"""

import argparse
import json
import re
import sys
import tomllib
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, product
from pathlib import Path
from typing import Any

from shared.safety.phrases import CONCEPTS, GAP, Tree
from shared.safety.rulebook import COMPILED
from shared.safety.words import plain_words, singular

FOLDER = COMPILED.with_name("rules")
LANGUAGES = ("en", "de", "es", "fr", "it", "pt", "nl", "pl", "tr", "ru", "zh", "ja", "ar", "hi")
ENTRIES = ("rules", "dangerous", "never", "contraindications")  # tables whose entries give findings

Table = Mapping[str, Any]


class RulesError(Exception):
    """A rule cannot be compiled; the message names it and says what is wrong, for whoever wrote it."""


def read(folder: Path = FOLDER) -> dict[str, Any]:
    """The tables of all files together: lists are joined, tables too, unless two have an entry of one name."""
    rules: dict[str, Any] = {}
    for path in sorted(folder.glob("*.toml")):
        for name, content in _parsed(path).items():
            if isinstance(content, list):
                rules.setdefault(name, []).extend(content)
            elif doubled := rules.setdefault(name, {}).keys() & content.keys():
                raise RulesError(f"{path.name}: [{name}] has {', '.join(sorted(doubled))}, as another file does")
            else:
                rules[name] |= content
    return rules


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise RulesError(f"{path.name}: {error}") from error


def compiled(rules: Table) -> dict[str, Any]:
    """What shared.safety loads. Raises RulesError."""
    patterns = Patterns(rules["parts"])
    return {
        "rules": _findings(rules),
        **_of_messages(rules),
        **_of_answers(rules, patterns),
        **_of_plans(rules, patterns),
    }


def _of_messages(rules: Table) -> dict[str, Any]:
    slang = rules["slang"]
    trees = {
        "symptoms": tree(ChainMap(rules["symptoms"], rules["contexts"]), slang),
        **{name: tree(rules[name], slang) for name in ("harmless", "denials", "frames")},
    }
    words = {name: sorted(_words(entry, slang)) for name, entry in rules["words"].items()}
    return {
        "red_flags": [_flag(each, rules) for each in rules["red_flags"]],
        "advice": {name: _advice(entry, rules["advice_parts"]) for name, entry in rules["advice"].items()},
        "trees": trees,
        "numbers": {f"#{name}": entry["ranges"] for name, entry in rules["numbers"].items()},
        "slang": slang,
        "words": {name: each for name, each in words.items() if name != "ordinary"},
        "spelling": _spelling(tree(rules["symptoms"], slang), trees, words),
    }


def _of_answers(rules: Table, patterns: "Patterns") -> dict[str, Any]:
    return {
        "patterns": {name: patterns.of(entry) for name, entry in rules["patterns"].items()},
        "units": {name: "|".join(_said(entry)) for name, entry in rules["units"].items()},
        "dangerous": [
            _only(each, "id") | patterns.all(each, "pattern", "fine", "unless_said") for each in rules["dangerous"]
        ],
        "never": [_only(each, "id") | patterns.all(each, "pattern", "taken_by") for each in rules["never"]],
        "substances": [each | patterns.all(each, "pattern") for each in rules["substances"]],
    }


def _of_plans(rules: Table, patterns: "Patterns") -> dict[str, Any]:
    injuries, equipment = rules["contraindications"], rules["equipment"]
    return {
        "movements": {name: _movement(_said(entry)) for name, entry in rules["movements"].items()},
        "contraindications": [
            _only(each, "id", "avoid", "when_mild") | patterns.all(each, "pattern") for each in injuries
        ],
        "pregnancy": [_only(each, "id", "avoid") for each in rules["rules"] if "avoid" in each],
        "equipment": [_only(each, "thing", "instead") | patterns.all(each, "needed_by", "owned") for each in equipment],
    }


def _only(entry: Table, *keys: str) -> dict[str, Any]:
    return {key: entry[key] for key in keys}


def _said(entry: Table) -> list[str]:
    """The wordings of an entry in all languages."""
    lines = [entry[language] for language in LANGUAGES if language in entry]
    return list(chain.from_iterable([line] if isinstance(line, str) else line for line in lines))


def _words(entry: Table, slang: Mapping[str, str]) -> frozenset[str]:
    return frozenset(plain_words(" ".join(_said(entry)), slang))


def _findings(rules: Table) -> dict[str, Any]:
    entries = [entry for table in ENTRIES for entry in rules[table]]
    ids = [entry["id"] for entry in [*entries, *rules["red_flags"]]]
    if doubled := {each for each in ids if ids.count(each) > 1}:
        raise RulesError(f"two rules have the id {', '.join(sorted(doubled))}")
    return {
        entry["id"]: _only(entry, "source")
        | {"message": _message(entry, rules["messages"]), "bounds": entry.get("bounds", {})}
        for entry in entries
    }


def _message(entry: Table, shared: Mapping[str, str]) -> str:
    if "called" in entry:
        said = shared["contraindication"]
        return said.replace("{called}", entry["called"]).replace("{instead}", entry["instead"])
    if "message" not in entry:
        return shared["substance" if entry["bounds"]["mg"] else "substance_at_all"]
    message: str = entry["message"]
    return message.replace("{doctor}", shared["doctor"])


def _advice(entry: Table, parts: Table) -> dict[str, str]:
    text = entry["en"].format(**{name: part["en"] for name, part in parts.items()})
    return {"text": text, "source": entry["source"]}


def _flag(entry: Table, rules: Table) -> dict[str, Any]:
    fields = ("id", "kind", "advice", "needs", "unless", "separators", "window")
    named = {concept for key in ("needs", "unless", "separators") for concept in entry.get(key, ())}
    if unknown := named - rules["symptoms"].keys() - rules["contexts"].keys():
        raise RulesError(f"the red flag {entry['id']} names {', '.join(sorted(unknown))}, which symptoms.toml lacks")
    if entry["advice"] not in rules["advice"]:
        raise RulesError(f"the red flag {entry['id']} gives the advice {entry['advice']}, which advice.toml lacks")
    return {key: entry[key] for key in fields if key in entry}


def tree(concepts: Table, slang: Mapping[str, str]) -> Tree:
    root: Tree = {}
    for concept, entry in concepts.items():
        for phrase in chain.from_iterable(expand(line, slang) for line in _said(entry)):
            node = root
            for word in phrase:
                node = node.setdefault(word, {})
            ending = node.setdefault(CONCEPTS, [])
            if concept not in ending:
                ending.append(concept)
    return root


def expand(phrase: str, slang: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """ "pass|passed out" is (pass, out) and (passed, out)."""
    for chosen in product(*([_spelt(way, slang) for way in word.split("|")] for word in phrase.split())):
        yield tuple(chain.from_iterable(chosen))


def _spelt(word: str, slang: Mapping[str, str]) -> tuple[str, ...]:
    """What a user's text has in the place of a rule's word."""
    return (word,) if word == GAP or word.startswith("#") else plain_words(word, slang)


def vocabulary(node: Tree) -> set[str]:
    words = {word for word in node if word not in (CONCEPTS, GAP)}
    return words.union(*(vocabulary(following) for word, following in node.items() if word != CONCEPTS))


def _spelling(known: Tree, trees: Mapping[str, Tree], words: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Towards which words typos are corrected, and which other words are left as they are."""
    left = set().union(*map(vocabulary, trees.values()))
    left.update(*(words[name] for name in ("ordinary", "scope_ends", "subjects", "before_object")))
    corrected = {word for word in vocabulary(known) if not word.startswith("#")}
    return {"known": sorted(corrected), "ordinary": sorted(left - corrected)}


class Patterns:
    r"""Regular expressions of lists of words: `\b(?:word|word)\b`, or what `shape` makes of <words> and <part>."""

    def __init__(self, parts: Table) -> None:
        self._parts = parts

    def of(self, entry: Table) -> str:
        shape: str = entry.get("shape", r"\b(?:<words>)\b")
        written = re.sub(r"<([a-z]\w*)>", lambda named: self._named(named[1], entry), shape)
        try:
            re.compile(written)
        except re.error as error:
            raise RulesError(f"no regular expression: {written}: {error}") from error
        return written

    def all(self, entry: Table, *keys: str) -> dict[str, str | None]:
        return {key: self.of(entry[key]) if key in entry else None for key in keys}

    def _named(self, name: str, entry: Table) -> str:
        if name == "words":
            return "|".join(_said(entry))
        if name not in self._parts:
            raise RulesError(f"<{name}> is no entry of [parts]")
        return self.of({"shape": "(?:<words>)", **self._parts[name]})


def _movement(names: Iterable[str]) -> str:
    spelt = (re.escape(singular(name)).replace(r"\ ", r"\ ?") for name in names)
    return rf"\b(?:{'|'.join(spelt)})\b"


def rendered() -> str:
    return json.dumps(compiled(read()), ensure_ascii=False, separators=(",", ":")).replace('},"', '},\n"') + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when rules.json is not what the rules say")
    arguments = parser.parse_args()
    try:
        text = rendered()
    except (RulesError, KeyError) as error:
        sys.stderr.write(f"{'an entry lacks ' if isinstance(error, KeyError) else ''}{error}\n")
        return 1
    if not arguments.check:
        COMPILED.write_text(text, encoding="utf-8")
    elif COMPILED.read_text(encoding="utf-8") != text:
        sys.stderr.write("shared/safety/rules.json is not what rules/ says: run `python -m infra.safety`\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
