"""Patterns of the wordings that a text has the letters of find in it what the pattern of all wordings does."""

import json
import re
from collections.abc import Iterator

import pytest

from infra.local.processes import ROOT
from infra.safety import LANGUAGES, read
from shared.safety import wordings
from shared.safety.clauses import clauses
from shared.safety.concepts import languages_in, lexicon_of, plain
from shared.safety.reading import Reading
from shared.safety.wordings import Wordings

ANSWERS = ("tests/unit/shared/safety/answers_tuned.jsonl", "tests/bench/safety/answers_tuned.jsonl")
CONCEPTS = read()["concepts"]


@pytest.fixture(autouse=True)
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many texts are read."""
    monkeypatch.setattr(wordings, "_MOST_TEXTS", 10**9)
    monkeypatch.setattr(wordings, "_MOST_PARTS", 10**9)


def both_ways(language: str) -> dict[str, tuple[Wordings, re.Pattern[str]]]:
    concepts = lexicon_of(language)["concepts"]
    return {name: (Wordings(groups), Wordings(groups).whole()) for name, groups in concepts.items()}


def differs(parts: Wordings, whole: re.Pattern[str], text: str) -> bool:
    found, expected = ([each.span() for each in way.finditer(text)] for way in (parts, whole))
    return found != expected


def sentences(language: str) -> Iterator[str]:
    """Of both open sets, those that are read in a language, as they are read."""
    for path in ANSWERS:
        for line in (ROOT / path).read_text(encoding="utf-8").splitlines():
            text = json.loads(line)["text"]
            if language in languages_in(text):
                yield from (Reading(clause, language).text for clause in clauses(text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_sentences_of_answers(language: str) -> None:
    ways = both_ways(language)
    assert [(name, text) for text in sentences(language) for name in ways if differs(*ways[name], text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_each_wording_itself(language: str) -> None:
    between = "" if language in ("zh", "ja") else " "
    for name, (parts, whole) in both_ways(language).items():
        for each in map(plain, map(str.strip, CONCEPTS[name][language].split(","))):
            said = re.sub(r" ~~? ", f"{between}x{between}", each.replace("#teen", "15")).replace("*", "")
            assert whole.search(said), (name, each)
            assert not differs(parts, whole, said), (name, each)


def test_all_are_compiled_once_many_texts_were_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordings, "_MOST_TEXTS", 3)
    each = Wordings({"a": {"bc": "abc", "de": "ade"}, "": {"f": "f"}})
    found = [each.search(text) for text in ("an abc", "nothing", "abc", "ade")]
    assert [match and match.re.pattern for match in found] == ["a(?:bc)", None, *["a(?:bc|de)|(?:f)"] * 2]
