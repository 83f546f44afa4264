"""Is what a text advises to eat, drink or take safe for this person?"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from shared.safety.advised import check_advised
from shared.safety.athlete import Athlete
from shared.safety.clauses import clauses, forbidden, warned
from shared.safety.concepts import languages_in, with_other_script
from shared.safety.energy import check_energy
from shared.safety.findings import Finding
from shared.safety.grammar import MOST_LOST, check_meaning
from shared.safety.quantities import LB_PER_KG, LITRES, WEEKS, Quantity, quantities
from shared.safety.reading import Reading, gap, is_question, reading_of
from shared.safety.rulebook import Rule, compiled, pattern, rule

_NUMBER_WORDS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4}
_MILLIGRAMS = {"g": 1000.0, "mg": 1.0, "ug": 0.001}
_ROUNDED = 1 + 1e-9  # units make no whole milligrams
_SURELY = 1.5  # times a bound, where only the sentence before names the substance
_MAX_DISTANCE = 45  # characters between a substance and its amount
_FAR = 10**6


@dataclass(frozen=True)
class Substance:
    """`adult`, `minor` and `pregnant` name the rule with the bound; `units_per_mg` is of international units."""

    name: str
    pattern: str
    adult: str
    minor: str | None = None
    pregnant: str | None = None
    units_per_mg: float = 0
    from_food: bool = False  # whether food may hold more, since the bound is of supplements

    @property
    def units(self) -> Sequence[str]:
        return (*_MILLIGRAMS, "iu") if self.units_per_mg else tuple(_MILLIGRAMS)

    def rule_for(self, athlete: Athlete) -> Rule:
        return rule((athlete.pregnant and self.pregnant) or (athlete.minor and self.minor) or self.adult)

    def milligrams(self, q: Quantity) -> float:
        return q.high / self.units_per_mg if q.unit == "iu" else q.high * _MILLIGRAMS[q.unit]

    def gap(self, text: str, q: Quantity) -> int:
        return _gap(re.compile(self.pattern), text, q)


@cache
def substances() -> tuple[Substance, ...]:
    return tuple(Substance(**each) for each in compiled()["substances"])


def check_text(text: str, athlete: Athlete) -> list[Finding]:
    """What a text advises that is unsafe; what it warns of is fine."""
    languages = languages_in(text)
    found: dict[Finding, None] = {}
    before = ""
    for sentence in clauses(text):
        found.update(dict.fromkeys(check_sentence(sentence, athlete, languages, before)))
        before = sentence
    return list(found)


def check_sentence(sentence: str, athlete: Athlete, languages: Iterable[str], before: str = "") -> Iterable[Finding]:
    """The same of one of `clauses`, which may go on about the one `before` it.

    `languages` are those of the text: a sentence may be in another.
    """
    if is_question(sentence) or pattern("repeats").search(sentence):
        return
    readings = [reading_of(sentence, language) for language in with_other_script(languages, sentence)]
    english = next((reading for reading in readings if reading.language == "en"), None)
    if english and not english.warns():
        yield from _of_english(english.text, athlete)
    if not any(reading.warns() for reading in readings):
        yield from _water(sentence)
    for said in dict.fromkeys([sentence, *(reading.text for reading in readings)]):
        yield from _substances(said, athlete, readings, before)
    for reading in readings:
        last = reading_of(before, reading.language) if before else None
        yield from check_meaning(reading, athlete, last)
        yield from check_advised(reading, last, athlete)


def _of_english(sentence: str, athlete: Athlete) -> Iterable[Finding]:
    """What is read more closely there than grammar.py reads any language."""
    yield from check_energy(sentence, athlete)
    yield from _loss(sentence)
    yield from _fasting(sentence, athlete)
    yield from _never(sentence)


def _advised(sentence: str, *units: str) -> Iterable[Quantity]:
    return (q for q in quantities(sentence) if q.unit in units and not warned(sentence, q.start, q.end))


def _allowed(sentence: str, *units: str) -> Iterable[Quantity]:
    """Also what is named as a limit: "up to 1,000 mg" allows so much."""
    return (q for q in quantities(sentence) if q.unit in units and not forbidden(sentence, q.start, q.end))


def _loss(sentence: str) -> Iterable[Finding]:
    too_fast = rule("weight_loss_too_fast")
    most = {
        "percent": too_fast.bounds["percent"],
        "kg": too_fast.bounds["kg"],
        "lb": too_fast.bounds["kg"] * LB_PER_KG,
    }
    advised = list(_advised(sentence, *most))
    for q in advised:
        if q.high > MOST_LOST and any(other.unit == q.unit and other.high < MOST_LOST for other in advised):
            continue  # "at 92 kg you could lose 0.9 kg a week"
        before = sentence[max(0, q.start - 50) : q.start]
        if pattern("losing").search(before) or pattern("loss_after").match(sentence[q.end :]):
            weeks = _weeks(sentence, q, advised)
            if weeks and q.high / weeks > most[q.unit] + 0.05:  # 2.2 lb are said for 1 kg
                yield too_fast.finding()


def _weeks(sentence: str, q: Quantity, lost: Iterable[Quantity]) -> float | None:
    """ "0.5 kg a week, so 6 kg by August" says of the first number only how fast."""
    if match := pattern("within_weeks").search(sentence):
        count = _NUMBER_WORDS.get(match[1]) or int(match[1]) or 1
        return count * WEEKS[match[2].rstrip("s")]
    if pattern("each_day").search(sentence):
        return WEEKS["day"]
    alike = [each for each in lost if each.unit == q.unit]
    rates = [rate.span() for rate in pattern("each_week").finditer(sentence)]
    nearest = [min(alike, key=lambda each: gap((each.start, each.end), rate)) for rate in rates]
    return 1.0 if q in nearest else None


def _fasting(sentence: str, athlete: Athlete) -> Iterable[Finding]:
    if not pattern("fasting").search(sentence) or pattern("faster").search(sentence):
        return
    too_long = rule("fast_too_long")
    most = int(too_long.bounds["max_young" if athlete.minor or athlete.pregnant else "max"])
    for q in _advised(sentence, "hour", "day"):
        near = pattern("fasting").search(sentence[max(0, q.start - 40) : q.end + 40])
        weekly = q.unit == "day" and pattern("of_each_week").match(sentence[q.end :])
        hours = q.high * (24 if q.unit == "day" else 1)
        if near and not weekly and hours > most:
            yield too_long.finding(hours=hours, night=min(16, most))


def _water(sentence: str) -> Iterable[Finding]:
    if not pattern("water").search(sentence):
        return
    too_much = rule("too_much_water")
    drunk = list(_advised(sentence, *LITRES))
    hourly = pattern("hourly").search(sentence) if len(drunk) == 1 else None  # of several, excess.py says which
    most = too_much.bounds["max_hour" if hourly else "max_day"]
    for q in drunk:
        litres = q.high * LITRES[q.unit]
        if litres > most:
            yield too_much.finding(litres=litres)
    cut = pattern("water_cut").search(sentence)
    if cut and pattern("water_cut_for").search(sentence) and not warned(sentence, cut.start(), cut.start()):
        yield rule("water_cut").finding()


def _substances(sentence: str, athlete: Athlete, readings: Sequence[Reading], before: str) -> Iterable[Finding]:
    if not any(q.unit in (*_MILLIGRAMS, "iu") for q in quantities(sentence)):
        return
    named = [substance for substance in substances() if re.search(substance.pattern, sentence)]
    if not named and before:
        yield from _of_last(sentence, athlete, before)
    if not named or any(reading.warns() for reading in readings):
        return
    for substance in named:
        if substance.from_food and _of_food(sentence):
            continue
        bound = substance.rule_for(athlete)
        for q in _allowed(sentence, *substance.units):
            amount = substance.milligrams(q)
            is_too_much = amount > bound.bounds["mg"] * _ROUNDED and _belongs(sentence, q, substance)
            if is_too_much and not any(_denies(reading, q) for reading in readings):
                yield bound.finding(amount=amount, name=substance.name)


def _denies(reading: Reading, q: Quantity) -> bool:
    """Of English, `warned` reads denials more closely."""
    return reading.language != "en" and reading.forbids((q.start, q.end))


def _of_last(sentence: str, athlete: Athlete, before: str) -> Iterable[Finding]:
    """ "Caffeine works. Build up to 1,500 mg": the dose of what alone the sentence before named."""
    named = [substance for substance in substances() if re.search(substance.pattern, before)]
    if len(named) != 1 or pattern("other_nutrients").search(sentence) or pattern("food").search(sentence):
        return
    bound = named[0].rule_for(athlete)
    for q in _allowed(sentence, *named[0].units):
        amount = named[0].milligrams(q)
        if q.unit != "g" and amount > bound.bounds["mg"] * _SURELY:
            yield bound.finding(amount=amount, name=named[0].name)


def _of_food(sentence: str) -> bool:
    return bool(pattern("food").search(sentence)) and not pattern("supplement").search(sentence)


def _belongs(sentence: str, q: Quantity, substance: Substance) -> bool:
    """Whether an amount is this substance's, not that of one nearer: "400 mg of caffeine and 5 g of creatine"."""
    distance = substance.gap(sentence, q)
    others = [other.gap(sentence, q) for other in substances() if other is not substance]
    return distance <= _MAX_DISTANCE and distance <= min(*others, _gap(pattern("other_nutrients"), sentence, q))


def _gap(named: re.Pattern[str], text: str, q: Quantity) -> int:
    """Characters between an amount and the nearest match."""
    return min((max(q.start - m.end(), m.start() - q.end) for m in named.finditer(text)), default=_FAR)


@cache
def _any_never() -> re.Pattern[str]:
    return re.compile(compiled()["any_never"])


def _never(sentence: str) -> Iterable[Finding]:
    if not _any_never().search(sentence):
        return
    for item in compiled()["never"]:
        matches = re.finditer(item["pattern"], sentence)
        if any(_is_advised(sentence, match, item["taken_by"]) for match in matches):
            yield rule(item["id"]).finding()


def _is_advised(sentence: str, match: re.Match[str], taken_by: str | None) -> bool:
    if taken_by and re.search(taken_by, sentence[: match.start()]) and pattern("medical").search(sentence):
        return False
    if pattern("told_to_doctor").search(sentence):
        return False
    near = sentence[max(0, match.start() - 60) : match.end() + 25]
    return bool(pattern("advising").search(near)) and not warned(sentence, match.start(), match.end())
