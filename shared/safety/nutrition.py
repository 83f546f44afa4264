"""Is what a text advises to eat, drink or take safe for this person?"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from shared.safety.athlete import Athlete
from shared.safety.clauses import clauses, warned
from shared.safety.energy import check_energy
from shared.safety.findings import Finding
from shared.safety.quantities import Quantity, quantities
from shared.safety.rulebook import Rule, compiled, pattern, rule

_LB_PER_KG = 2.205
_NUMBER_WORDS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4}
_WEEKS = {"day": 1 / 7, "week": 1.0, "month": 4.35}
_LITRES = {"l": 1.0, "ml": 0.001, "gal": 3.785, "oz": 0.02957}
_MILLIGRAMS = {"g": 1000.0, "mg": 1.0, "ug": 0.001}
_ROUNDED = 1 + 1e-9  # units make no whole milligrams
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
    found: dict[Finding, None] = {}
    for sentence in clauses(text):
        found.update(dict.fromkeys(_checked(sentence, athlete)))
    return list(found)


def _checked(sentence: str, athlete: Athlete) -> Iterable[Finding]:
    yield from check_energy(sentence, athlete)
    yield from _loss(sentence)
    yield from _fasting(sentence, athlete)
    yield from _water(sentence)
    yield from _substances(sentence, athlete)
    yield from _never(sentence)


def _advised(sentence: str, *units: str) -> Iterable[Quantity]:
    return (q for q in quantities(sentence) if q.unit in units and not warned(sentence, q.start, q.end))


def _loss(sentence: str) -> Iterable[Finding]:
    too_fast = rule("weight_loss_too_fast")
    most = {
        "percent": too_fast.bounds["percent"],
        "kg": too_fast.bounds["kg"],
        "lb": too_fast.bounds["kg"] * _LB_PER_KG,
    }
    for q in _advised(sentence, *most):
        before = sentence[max(0, q.start - 50) : q.start]
        if pattern("losing").search(before) or pattern("loss_after").match(sentence[q.end :]):
            weeks = _weeks(sentence)
            if weeks and q.high / weeks > most[q.unit] + 0.05:  # 2.2 lb are said for 1 kg
                yield too_fast.finding()


def _weeks(sentence: str) -> float | None:
    if match := pattern("within_weeks").search(sentence):
        count = _NUMBER_WORDS.get(match[1]) or int(match[1]) or 1
        return count * _WEEKS[match[2].rstrip("s")]
    if pattern("each_day").search(sentence):
        return _WEEKS["day"]
    return 1.0 if pattern("each_week").search(sentence) else None


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
    most = too_much.bounds["max_hour" if pattern("hourly").search(sentence) else "max_day"]
    for q in _advised(sentence, *_LITRES):
        litres = q.high * _LITRES[q.unit]
        if litres > most:
            yield too_much.finding(litres=litres)
    cut = pattern("water_cut").search(sentence)
    if cut and pattern("water_cut_for").search(sentence) and not warned(sentence, cut.start(), cut.start()):
        yield rule("water_cut").finding()


def _substances(sentence: str, athlete: Athlete) -> Iterable[Finding]:
    for substance in substances():
        if not re.search(substance.pattern, sentence) or (substance.from_food and _of_food(sentence)):
            continue
        bound = substance.rule_for(athlete)
        for q in _advised(sentence, *substance.units):
            amount = substance.milligrams(q)
            if amount > bound.bounds["mg"] * _ROUNDED and _belongs(sentence, q, substance):
                yield bound.finding(amount=amount, name=substance.name)


def _of_food(sentence: str) -> bool:
    return bool(pattern("food").search(sentence)) and not pattern("supplement").search(sentence)


def _belongs(sentence: str, q: Quantity, substance: Substance) -> bool:
    """Whether an amount is this substance's, not that of one nearer: "400 mg of caffeine and 5 g of creatine"."""
    gap = substance.gap(sentence, q)
    others = [other.gap(sentence, q) for other in substances() if other is not substance]
    return gap <= _MAX_DISTANCE and gap <= min(*others, _gap(pattern("other_nutrients"), sentence, q))


def _gap(named: re.Pattern[str], text: str, q: Quantity) -> int:
    """Characters between an amount and the nearest match."""
    return min((max(q.start - m.end(), m.start() - q.end) for m in named.finditer(text)), default=_FAR)


def _never(sentence: str) -> Iterable[Finding]:
    for item in compiled()["never"]:
        matches = re.finditer(item["pattern"], sentence)
        if any(_is_advised(sentence, match, item["taken_by"]) for match in matches):
            yield rule(item["id"]).finding()


def _is_advised(sentence: str, match: re.Match[str], taken_by: str | None) -> bool:
    if taken_by and re.search(taken_by, sentence[: match.start()]) and pattern("medical").search(sentence):
        return False
    near = sentence[max(0, match.start() - 60) : match.end() + 25]
    return bool(pattern("advising").search(near)) and not warned(sentence, match.start(), match.end())
