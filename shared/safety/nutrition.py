"""Is what a text advises to eat, drink or take safe for this person?"""

import re
from collections.abc import Iterable

from shared.safety import nutrition_bounds as bounds
from shared.safety.athlete import Athlete
from shared.safety.clauses import clauses, warned
from shared.safety.energy import check_energy
from shared.safety.findings import Finding, Rule, finding
from shared.safety.nutrition_bounds import NEVER, SUBSTANCES, Substance
from shared.safety.quantities import Quantity, quantities

_WEEK = re.compile(r"\b(?:a|per|each|every|this|one|1)\s?(?:week|wk)\b|/\s?(?:week|wk)\b|\bweekly\b")
_SPAN = re.compile(
    r"\b(?:in|over|within)\s(?:just |only |about )?(?:the next )?(\d{1,2}|a|one|two|three|four) (days?|weeks?|"
    r"months?)\b"
)
_WORDS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4}
_WEEKS = {"day": 1 / 7, "week": 1.0, "month": 4.35}
_LOSING = re.compile(r"\b(?:los(?:e|es|ing)|loss|drop\w*|shed\w*|cut\w*)\b")
_FAST = re.compile(
    r"\bfast(?:s|ing|ed)?\b|\bwithout food\b|\b(?:no food|not eat\w*|nothing but water|only water|don'?t eat)\b"
)
_FASTER = re.compile(r"\bfast(?:er|est)?\s(?:and|pace|results?|way|twitch|run|tempo)\b")
_WATER = re.compile(r"\b(?:water|fluids?|drink\w*|hydrat\w*)\b")
_LITRES = {"l": 1.0, "ml": 0.001, "gal": 3.785, "oz": 0.02957}
_HOURLY = re.compile(r"\b(?:an|per|each|every|one) hour\b|/\s?h\b|\bat once\b|\bin one go\b|\bbefore bed\b")
_WATER_CUT = re.compile(
    r"\b(?:stop|quit|cut out|avoid|no|without|restrict|don'?t|cut(?:ting)?)\s(?:all |any |drink\w* |your "
    r")*(?:water|fluids?|drinking)\b(?! (?:retention|weight|park|bottle))"
)
_ROUNDED = 1 + 1e-9  # units make no whole milligrams
_MILLIGRAMS = {"g": 1000.0, "mg": 1.0, "ug": 0.001}


def check_text(text: str, athlete: Athlete) -> list[Finding]:
    """What a text advises that is unsafe; what it warns of is fine."""
    found: dict[Finding, None] = {}
    for sentence in clauses(text):
        for check in (check_energy, _loss, _fasting, _water, _substances, _never):
            found.update(dict.fromkeys(check(sentence, athlete)))
    return list(found)


def _advised(sentence: str, *units: str) -> Iterable[Quantity]:
    return (q for q in quantities(sentence) if q.unit in units and not warned(sentence, q.start, q.end))


def _loss(sentence: str, athlete: Athlete) -> Iterable[Finding]:  # noqa: ARG001
    for q in _advised(sentence, "kg", "lb", "%"):
        before = sentence[max(0, q.start - 50) : q.start]
        if not _LOSING.search(before) and not re.match(r"\W*(?:\w+\W+){0,3}?(?:loss|lost)\b", sentence[q.end :]):
            continue
        weeks = _weeks(sentence)
        most = bounds.LOSS_SHARE if q.unit == "%" else bounds.LOSS_KG * (1 if q.unit == "kg" else bounds.LB_PER_KG)
        if weeks and q.high / weeks > most + 0.05:  # 2.2 lb are said for 1 kg
            message = (
                "Losing that fast costs muscle and health; up to 1 kg (2 lb), or 1 % of body weight, a "
                "week would be fine."
            )
            yield finding(bounds.LOSS, message)


def _weeks(sentence: str) -> float | None:
    if match := _SPAN.search(sentence):
        return (_WORDS.get(match[1]) or int(match[1] if match[1].isdigit() else 1) or 1) * _WEEKS[match[2].rstrip("s")]
    if re.search(r"\b(?:a|per|each|every) day\b|\bdaily\b|/\s?day", sentence):
        return _WEEKS["day"]
    return 1.0 if _WEEK.search(sentence) else None


def _fasting(sentence: str, athlete: Athlete) -> Iterable[Finding]:
    if not _FAST.search(sentence) or _FASTER.search(sentence):
        return
    for q in _advised(sentence, "hour", "day"):
        near = _FAST.search(sentence[max(0, q.start - 40) : q.end + 40])
        hours = q.high * (24 if q.unit == "day" else 1)
        weekly = q.unit == "day" and re.match(r"\s?(?:a|per|each|/)\s?(?:week|month)", sentence[q.end :])
        most = bounds.FAST_HOURS_YOUNG if athlete.minor or athlete.pregnant else bounds.FAST_HOURS
        if near and not weekly and hours > most:
            message = (
                f"A fast of {hours:.0f} hours is too long without a doctor; an overnight fast of 12 to "
                f"{min(16, most)} hours would be fine."
            )
            yield finding(bounds.FASTING, message)


def _water(sentence: str, athlete: Athlete) -> Iterable[Finding]:  # noqa: ARG001
    if not _WATER.search(sentence):
        return
    for q in _advised(sentence, "l", "ml", "gal", "oz"):
        litres = q.high * _LITRES[q.unit]
        most = bounds.WATER_LITRES_HOUR if _HOURLY.search(sentence) else bounds.WATER_LITRES_DAY
        if litres > most:
            message = (
                f"{litres:.1f} litres of water is too much and can be dangerous; drink to thirst, for "
                f"most 2 to 3 litres a day, at most 1 an hour."
            )
            yield finding(bounds.WATER, message)
    cut = _WATER_CUT.search(sentence)
    if (
        cut
        and re.search(r"\b(?:weigh|weight|make|lose|before|hours|shred|definition|dry|drop|loading)\b", sentence)
        and not warned(sentence, cut.start(), cut.start())
    ):
        yield finding(
            bounds.WATER_CUT,
            "Cutting water to lose weight is dangerous; drinking to thirst, with some before and during "
            "training, is fine.",
        )


def _substances(sentence: str, athlete: Athlete) -> Iterable[Finding]:
    for substance in SUBSTANCES:
        if substance.from_food and _of_food(sentence):
            continue
        named = [match.span() for match in re.finditer(substance.pattern, sentence)]
        for q in _advised(sentence, *substance.units) if named else ():
            if min(max(q.start - end, start - q.end) for start, end in named) > bounds.NEAR or _nearer(
                sentence, q, substance
            ):
                continue
            amount = q.high / substance.iu if q.unit == "iu" else q.high * _MILLIGRAMS[q.unit]
            rule, most = _most(substance, athlete)
            if amount > most * _ROUNDED:
                yield finding(rule, f"{amount:g} mg of {substance.name} a day is too much; {_fine(most)}")


def _of_food(sentence: str) -> bool:
    return bool(re.search(bounds.FOOD, sentence)) and not re.search(bounds.SUPPLEMENT, sentence)


def _nearer(sentence: str, q: Quantity, substance: Substance) -> bool:
    """Whether another substance stands nearer: "400 mg of caffeine and 5 g of creatine"."""

    def gap(pattern: str) -> int:
        return min((max(q.start - m.end(), m.start() - q.end) for m in re.finditer(pattern, sentence)), default=10**6)

    return any(gap(other.pattern) < gap(substance.pattern) for other in SUBSTANCES if other is not substance) or gap(
        bounds.OTHER_NUTRIENTS
    ) < gap(substance.pattern)


def _most(substance: Substance, athlete: Athlete) -> tuple[Rule, float]:
    if athlete.pregnant and substance.pregnant is not None:
        return substance.pregnant
    return substance.minor if athlete.minor and substance.minor is not None else substance.adult


def _fine(most: float) -> str:
    return f"up to {most:g} mg would be fine." if most else "none is best here; please ask a doctor."


def _never(sentence: str, athlete: Athlete) -> Iterable[Finding]:  # noqa: ARG001
    for item in NEVER:
        for match in re.finditer(item.pattern, sentence):
            if re.search(item.taken_by, sentence[: match.start()]) and re.search(bounds.MEDICAL, sentence):
                continue
            advised = re.search(bounds.ADVISING, sentence[max(0, match.start() - 60) : match.end() + 25])
            if advised and not warned(sentence, match.start(), match.end()):
                yield finding(item.rule, item.message)
                break
