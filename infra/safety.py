"""Compiles shared/safety/rules/ into rules.json, advice.json and urgent/ beside it: `python -m infra.safety [--check]`.

People read and write the TOML; reading it takes Python 50 times as long as JSON, too long where a user waits. What only
people and tests need (sentences, addresses) is left out, and phrases become trees that are searched as they are.
docs/safety.md says what an entry looks like.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from infra import safety_advice, safety_concepts, safety_urgent
from shared.safety import advice
from shared.safety.rulebook import COMPILED
from shared.safety.words import fold, plain_words, singular

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
    return {
        "red_flags": [_flag(each, rules) for each in rules["red_flags"]],
        "advice": {name: entry["source"] for name, entry in rules["advice"].items()},
        "numbers": {f"#{name}": entry["ranges"] for name, entry in rules["numbers"].items()},
        "words": {name: sorted(_words(entry)) for name, entry in rules["words"].items()},
    }


def _of_answers(rules: Table, patterns: "Patterns") -> dict[str, Any]:
    return {
        "patterns": {name: patterns.of(entry) for name, entry in rules["patterns"].items()},
        "units": {name: _alternatives(entry) for name, entry in rules["units"].items()},
        "dangerous": [
            _only(each, "id") | patterns.all(each, "pattern", "fine", "unless_said") for each in rules["dangerous"]
        ],
        "never": [_only(each, "id") | patterns.all(each, "pattern", "taken_by") for each in rules["never"]],
        "any_never": _any([each["pattern"] for each in rules["never"]], patterns),
        "advised": [_advised(each, rules["concepts"]) for each in rules["advised"]],
        "substances": [each | patterns.all(each, "pattern") for each in rules["substances"]],
        "suspicions": rules["suspicions"],
    }


def _any(entries: Iterable[Table], patterns: "Patterns") -> str:
    """What finds one of them; the usual shape stands in it once, since its sets of signs take long to compile."""
    entries = list(entries)
    usual = [each for each in entries if "shape" not in each]
    shaped = [f"(?:{patterns.of(each)})" for each in entries if "shape" in each]
    return "|".join([patterns.of({LANGUAGES[0]: [*chain.from_iterable(map(_said, usual))]}), *shaped])


def _advised(entry: Table, concepts: Table) -> dict[str, Any]:
    needs = [each.split("|") for each in entry["needs"]]
    named = {name.lstrip("!") for name in chain(*needs, entry.get("unless", ())) if not name.startswith("#")}
    if unknown := named - concepts.keys():
        raise RulesError(f"{entry['id']} of advised.toml names {', '.join(sorted(unknown))}, which is no concept")
    return {
        "id": entry["id"],
        "needs": needs,
        "unless": entry.get("unless", []),
        "who": entry.get("who"),
        "near": entry.get("near"),
        "spans_two": entry.get("spans_two", False),
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


def _alternatives(entry: Table) -> str:
    """Regular expressions of folded text; what is not ASCII has nothing but letters that folding changes."""
    return "|".join(word if word.isascii() else fold(word) for word in _said(entry))


def _words(entry: Table) -> frozenset[str]:
    return frozenset(plain_words(" ".join(_said(entry))))


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


def _flag(entry: Table, rules: Table) -> dict[str, Any]:
    fields = ("id", "kind", "advice", "needs", "unless", "separators", "window", "named")
    if entry["advice"] not in rules["advice"]:
        raise RulesError(f"the red flag {entry['id']} gives the advice {entry['advice']}, which advice.toml lacks")
    return {key: entry[key] for key in fields if key in entry}


class Patterns:
    r"""Regular expressions of lists of words: `\b(?:word|word)\b`, or what `shape` makes of <words> and <part>."""

    def __init__(self, parts: Table) -> None:
        self._parts = parts

    def of(self, entry: Table) -> str:
        shape: str = entry.get("shape", r"(?<![^\W\u3040-\u9fff\u0600-\u06ff])(?:<words>)(?![^\W\u3040-\u9fff])")
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
            return _alternatives(entry)
        if name not in self._parts:
            raise RulesError(f"<{name}> is no entry of [parts]")
        return self.of({"shape": "(?:<words>)", **self._parts[name]})


def _movement(names: Iterable[str]) -> str:
    spelt = (re.escape(singular(name)).replace(r"\ ", r"\ ?") for name in names)
    return rf"\b(?:{'|'.join(spelt)})\b"


def rendered() -> dict[Path, str]:
    """What each compiled file must hold. Raises RulesError."""
    rules = read()
    text = safety_urgent.as_json(compiled(rules))
    try:
        advised = safety_advice.rendered(LANGUAGES, rules["advice"])
        urgent = safety_urgent.rendered(safety_urgent.read(), rules["red_flags"])
    except ValueError as error:
        raise RulesError(str(error)) from error
    meanings = safety_concepts.rendered(rules, LANGUAGES)
    return {COMPILED: text, advice.COMPILED: advised, **meanings, **urgent}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when a compiled file is not what the rules say")
    arguments = parser.parse_args()
    try:
        texts = rendered()
    except (RulesError, KeyError) as error:
        sys.stderr.write(f"{'an entry lacks ' if isinstance(error, KeyError) else ''}{error}\n")
        return 1
    if not arguments.check:
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
    elif stale := [path.name for path, text in texts.items() if not path.exists() or path.read_text("utf-8") != text]:
        sys.stderr.write(f"{', '.join(stale)}: not what rules/ says: run `python -m infra.safety`\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
