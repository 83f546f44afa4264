"""Is an answer of the model safe to show?"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain

from shared.safety.athlete import Athlete
from shared.safety.clauses import Place, placed_clauses, warned
from shared.safety.concepts import languages_in
from shared.safety.findings import Finding
from shared.safety.nutrition import check_sentence
from shared.safety.reading import reading_of
from shared.safety.rulebook import compiled, pattern, rule


@dataclass(frozen=True)
class Danger:
    """What matches `pattern` is dangerous, but not where `fine` matches too; `unless_said` in the answer ends that."""

    id: str
    pattern: re.Pattern[str]
    fine: re.Pattern[str] | None
    unless_said: re.Pattern[str] | None


@cache
def _dangers() -> tuple[Danger, ...]:
    return tuple(
        Danger(each["id"], *(each[key] and re.compile(each[key]) for key in ("pattern", "fine", "unless_said")))
        for each in compiled()["dangerous"]
    )


@cache
def _any_danger() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{each['pattern']})" for each in compiled()["dangerous"]))


def check_answer(text: str, athlete: Athlete, since: int = 0) -> list[Finding]:
    """What an answer advises that is unsafe, behind `since`; empty when it is fine."""
    return list(dict.fromkeys(finding for finding, _ in placed_findings(text, athlete, since)))


def placed_findings(text: str, athlete: Athlete, since: int = 0) -> Iterator[tuple[Finding, Place]]:
    """Each with the place of the sentence in the text, so that this one can be left out.

    What ends before `since` is only read with what follows it.
    """
    languages = languages_in(text)
    sentences = list(placed_clauses(text))
    said = [sentence for sentence, _ in sentences]
    before = ""
    for sentence, place in sentences:
        if place[1] > since:
            for finding in chain(check_sentence(sentence, athlete, languages, before), _of_english(sentence, said)):
                yield finding, place
        before = sentence


def _of_english(sentence: str, said: Sequence[str]) -> Iterator[Finding]:
    if not _any_danger().search(sentence) or reading_of(sentence, "en").warns():
        return
    for danger in _dangers():
        fine = _fine(danger, said)
        if any(_advised(sentence, match, fine) for match in danger.pattern.finditer(sentence)):
            yield rule(danger.id).finding()


def _fine(danger: Danger, sentences: Iterable[str]) -> re.Pattern[str] | None:
    """What of it is fine in this answer."""
    said = danger.unless_said
    return None if said and any(said.search(each) for each in sentences) else danger.fine


def _advised(sentence: str, match: re.Match[str], fine: re.Pattern[str] | None) -> bool:
    start, end = match.span()
    if fine and any(each.start() < end and start < each.end() for each in fine.finditer(sentence)):
        return False
    return not pattern("forbidden_before").search(sentence[:start]) and not _stops(sentence, start, end)


def _stops(sentence: str, start: int, end: int) -> bool:
    """ "If you feel chest pain, stop and call a doctor" tells to end it, whatever else it names."""
    rest = sentence[:start] + sentence[end:]
    return bool(pattern("stops_training").search(rest)) or warned(sentence, start, start)
