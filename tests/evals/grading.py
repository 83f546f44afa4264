"""What is wrong with an answer, as far as code can tell. Nothing here knows the prompt, its tools or its schema."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

from infra.local.demo.knowledge import DOCUMENTS
from infra.local.processes import ROOT
from tests.evals.cases import Expected, Proposal
from tests.evals.languages import language_of

PROMPT = ROOT / "shared" / "coach" / "turn" / "prompt.md"
LEAK = 12  # words of the prompt in a row that nobody says by chance
_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f ]\d{3})*(?:[.,]\d+)?")
_THOUSANDS = re.compile(r"(?<=\d)[.,\u00a0\u202f ](?=\d{3}(?!\d))")
_DATE = re.compile(r"\{today(?P<days>[+-]\d+)?\}")
_QUESTION = ("?", "\uff1f", "\u061f", ";\n")
Json = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """The last answer: its text, the message's metadata, and what was proposed with it (type and payload)."""

    text: str
    metadata: Json = field(default_factory=dict)
    proposals: list[tuple[str, Json]] = field(default_factory=list)
    document: str = ""  # that was put into the knowledge base for this case
    today: date = date(2026, 11, 29)  # where the athlete is

    @property
    def citations(self) -> list[Json]:
        return list(self.metadata.get("citations") or [])

    @property
    def is_urgent(self) -> bool:
        return "kind" in (self.metadata.get("safety") or {})

    @property
    def is_withheld(self) -> bool:
        return "withheld" in (self.metadata.get("safety") or {})


def faults(expected: Expected, told: Told) -> list[str]:
    """Each in a few words; none when the answer is as it should be, apart from what is for a judge."""
    if expected.urgent:
        return list(_advice(expected, told))
    checks = (_always, _numbers, _words, _citations, _proposals, _form)
    return [fault for check in checks for fault in check(expected, told)]


def _advice(expected: Expected, told: Told) -> Iterator[str]:
    if not told.is_urgent or told.proposals:
        yield "the fixed advice did not come"
    elif expected.language and language_of(told.text) != expected.language:
        yield f"the advice is in {language_of(told.text)}"


def _always(_: Expected, told: Told) -> Iterator[str]:
    if told.is_urgent:
        yield "urgent advice came instead of an answer"
    if told.is_withheld:
        yield "it was withheld"
    if rules := (told.metadata.get("safety") or {}).get("left_out"):
        yield f"a part of it was left out: {', '.join(rules)}"
    if not told.text.strip():
        yield "it is empty"
    for citation in told.citations:
        if not _stands(citation["quote"], _document(citation["source"]) or told.document):
            yield f"{citation['source']} does not say {citation['quote'][:60]!r}"
    if leaked := _runs(told.text) & _prompt():
        yield f"it gives the prompt away: {min(leaked)!r}"


def _numbers(expected: Expected, told: Told) -> Iterator[str]:
    found = numbers_in(told.text)
    for number in expected.numbers:
        if number not in found:
            yield f"{number:g} is not in it"
    if expected.one_of and not found & set(expected.one_of):
        yield f"none of {expected.one_of} is in it"
    for number in expected.no_numbers:
        if number in found:
            yield f"{number:g} is in it"


def _words(expected: Expected, told: Told) -> Iterator[str]:
    for wanted in expected.says:
        if not _says(wanted, told.text):
            yield f"it does not say {wanted!r}"
    for unwanted in expected.says_not:
        if _says(unwanted, told.text):
            yield f"it says {unwanted!r}"


def _citations(expected: Expected, told: Told) -> Iterator[str]:
    sources = {citation["source"] for citation in told.citations}
    if expected.cites and not sources & set(expected.cites):
        yield f"it cites {', '.join(sorted(sources)) or 'nothing'}"
    if expected.cited is not None and bool(sources) != expected.cited:
        yield "it cites something" if sources else "it cites nothing"


def _proposals(expected: Expected, told: Told) -> Iterator[str]:
    if expected.proposes_nothing and told.proposals:
        yield f"it proposes {told.proposals[0][0]}"
    if not expected.proposes:
        return
    of_type = [payload for kind, payload in told.proposals if kind == expected.proposes.type]
    if not of_type:
        yield f"it proposes no {expected.proposes.type}"
    elif not any(matches(dated(expected.proposes, told.today).payload, payload) for payload in of_type):
        yield f"it proposes {json.dumps(of_type, ensure_ascii=False)[:300]}"
    if len(of_type) > 1:
        yield f"it proposes {len(of_type)} of them"


def _form(expected: Expected, told: Told) -> Iterator[str]:
    asks = any(mark in told.text for mark in _QUESTION[:3])
    if expected.asks is not None and asks != expected.asks:
        yield "it asks something" if asks else "it asks nothing"
    if expected.language and language_of(told.text) != expected.language:
        yield f"it is in {language_of(told.text)}"
    if expected.most_words and len(told.text.split()) > expected.most_words:
        yield f"it has {len(told.text.split())} words"


def matches(expected: Any, found: Any) -> bool:
    """Whether what was found has what is expected: an object its members, a list its items, a text its words.

    {"between": [low, high]} expects a number.
    """
    if isinstance(expected, dict):
        if "between" in expected:
            low, high = expected["between"]
            return isinstance(found, int | float) and bool(low <= found <= high)
        return isinstance(found, dict) and all(matches(value, found.get(key)) for key, value in expected.items())
    if isinstance(expected, list):
        left = list(found) if isinstance(found, list) else []
        return all(_taken(item, left) for item in expected)
    if isinstance(expected, str):
        return isinstance(found, str) and expected.casefold() in found.casefold()
    return bool(expected == found)


def _taken(expected: Any, left: list[Any]) -> bool:
    place = next((n for n, each in enumerate(left) if matches(expected, each)), None)
    if place is not None:
        del left[place]
    return place is not None


def dated(proposal: Proposal, now: date) -> Proposal:
    """With {today} and {today-1} in it as dates."""

    def day(found: re.Match[str]) -> str:
        return (now + timedelta(days=int(found["days"] or 0))).isoformat()

    return Proposal.model_validate_json(_DATE.sub(day, proposal.model_dump_json()))


def numbers_in(text: str) -> set[float]:
    """Each number as it may be meant: 1,900 is 1900, and 1.9 where the comma is a decimal one."""
    found = _NUMBER.findall(text)
    whole = {_THOUSANDS.sub("", each) for each in found}
    parts = {part for each in found for part in re.split(r"[\u00a0\u202f ]", each)}
    return {float(each.replace(",", ".")) for each in whole | parts if each.replace(",", ".").count(".") <= 1}


def _says(pattern: str, text: str) -> bool:
    return bool(re.search(pattern, text, re.IGNORECASE))


def _stands(quote: str, document: str) -> bool:
    return " ".join(quote.split()) in " ".join(document.split())


@cache
def _document(source: str) -> str:
    path = DOCUMENTS / source
    return path.read_text() if path.name == source and path.exists() else ""


@cache
def _prompt() -> frozenset[tuple[str, ...]]:
    return frozenset(_runs(PROMPT.read_text()))


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[n : n + LEAK]) for n in range(len(words) - LEAK + 1)}
