"""Dangerous advice put together from meanings: one grammar for all languages, the words of each in concepts.toml."""

import re
from collections.abc import Iterable, Sequence

from shared.safety.athlete import Athlete
from shared.safety.excess import check_excess
from shared.safety.findings import Finding
from shared.safety.quantities import HOURS, KJ_PER_KCAL, LB_PER_KG, WEEKS, Quantity, number, quantities
from shared.safety.reading import Reading, Span, gap
from shared.safety.rulebook import rule

_DAYS = 7
_ALL = 100  # percent
_MINUS = re.compile(r"[-\u2212\u2013]\s?\Z")  # "-350 kcal" is so much less
_CHANGES = ("less", "more")
_OTHERS = ("burn", "portion")
_A_MEAL = 500  # below which no day is meant unless it is named; kcal, and so little of kJ is none
_BESIDE = 4  # characters: "1,900 kcal in meno"
_JOINED = 10  # characters from a deficit to its number
_COUNT = re.compile(r"(?<![\d.,])\d{1,2}[.,' ]?\d{3}(?![\d.,]\d|\d)")
_IMPOSSIBLE = 6000  # kcal; steps and years are more
MOST_LOST = 25  # kg: who names more, and less beside it, means what somebody weighs or will
_NEAR = 35  # characters between words that belong together
_BARE = re.compile(r"\d[\d.,]*")  # a number without its unit
_PARTS = re.compile(r"[;()\u3001\u3002]|,(?!\d)|\s[-\u2013\u2014]\s")


def check_meaning(reading: Reading, athlete: Athlete, before: Reading | None = None) -> Iterable[Finding]:
    """What a sentence advises by its numbers that is unsafe for anybody; it may go on about the one `before` it."""
    numbers = quantities(reading.text)
    yield from check_excess(reading, numbers, before)
    yield from _bare_deficit(reading, before)
    if numbers:
        if reading.language != "en":  # energy.py reads English more closely
            yield from _energy(reading, numbers)
        yield from _share(reading, numbers)
        yield from _loss(reading, numbers)
        yield from _fasting(reading, numbers, athlete)
    yield from _growing(reading, athlete)


def _part(text: str, q: Quantity) -> Span:
    """The part of the sentence in which a number stands, between commas or brackets."""
    start = max((each.end() for each in _PARTS.finditer(text, 0, q.start)), default=0)
    end = _PARTS.search(text, q.end)
    return start, end.start() if end else len(text)


def _energy(reading: Reading, numbers: Sequence[Quantity]) -> Iterable[Finding]:
    deficits = _deficits(reading, numbers)
    for q in numbers:
        if q in deficits:
            yield from _deficit(reading, q)
        elif q.unit == "kcal" or q.unit == "kj":
            yield from _intake(reading, q)


def _intake(reading: Reading, q: Quantity) -> Iterable[Finding]:
    too_low = rule("calories_too_low")
    kcal = q.low if q.unit == "kcal" else q.low / KJ_PER_KCAL
    if too_low.bounds["min_meant"] <= kcal < too_low.bounds["min"] and _is_intake(reading, q):
        yield too_low.finding(kcal=kcal)


def _is_intake(reading: Reading, q: Quantity) -> bool:
    start, end = _part(reading.text, q)
    part = reading.unbounded[start:end]
    if _MINUS.search(reading.text, 0, q.start):
        return False
    if reading.says(*_CHANGES, *_OTHERS, text=part) or not reading.says("eat", "day"):
        return False
    if not reading.says("day") and (q.high < _A_MEAL or reading.says("train")):  # "300 kcal after training"
        return False
    if reading.says(*_OTHERS) and not reading.says("day", text=part):
        return False
    return not reading.says("supervised") and not _is_denied(reading, q)


def _deficit(reading: Reading, q: Quantity) -> Iterable[Finding]:
    too_large = rule("deficit_too_large")
    days = _DAYS if reading.says("week") and not reading.says("day") else 1
    if q.high / days > too_large.bounds["max"] and not _is_denied(reading, q, "deficit"):
        yield too_large.finding(kcal=q.high)


def _share(reading: Reading, numbers: Iterable[Quantity]) -> Iterable[Finding]:
    """A deficit as a part of what is burned: "70 % below your maintenance"."""
    too_large = rule("deficit_too_large")
    for q in numbers:
        is_large = q.unit == "percent" and too_large.bounds["percent"] < q.high < _ALL
        near = any(gap((q.start, q.end), span) <= _NEAR for span in reading.spans("deficit"))
        if is_large and near and not reading.denies((q.start, q.end), "deficit"):
            yield too_large.finding(kcal=too_large.bounds["typical"] * q.high / _ALL)


def _is_denied(reading: Reading, q: Quantity, *own: str) -> bool:
    """Whether its part of the sentence denies it; "not more than 700 kcal" denies nothing."""
    return reading.takes_back() and reading.denies((q.start, q.end), *own)


def _deficits(reading: Reading, numbers: Sequence[Quantity]) -> list[Quantity]:
    """Of each word for a deficit its nearest number: "with a deficit of 400 kcal you eat 1900 kcal" has one of 400."""
    energies = [q for q in numbers if q.unit == "kcal"]
    bare = [
        each.span()
        for each in _BARE.finditer(reading.text)
        if not any(q.start < each.end() and each.start() < q.end for q in numbers)
    ]
    found = []
    for span in reading.spans("deficit"):
        nearest = min(energies, key=lambda q: gap(span, (q.start, q.end)), default=None)
        if nearest and _belongs(reading, span, nearest, bare):
            found.append(nearest)
    least = rule("deficit_too_large").bounds["max"]
    others = [*bare, *((q.start, q.end) for q in numbers)]
    return found + [q for q in energies if q.low > least and q not in found and _is_change(reading, q, others)]


def _is_change(reading: Reading, q: Quantity, numbers: Iterable[Span]) -> bool:
    """ "1,900 kcal less than you burn": no other number is as near to the word."""
    place = (q.start, q.end)
    return any(
        gap(place, span) <= _BESIDE and all(each == place or gap(each, span) > gap(place, span) for each in numbers)
        for span in reading.spans("less")
    )


def _belongs(reading: Reading, deficit: Span, q: Quantity, bare: Iterable[Span]) -> bool:
    far = gap(deficit, (q.start, q.end))
    between = reading.text[min(deficit[1], q.end) : max(deficit[0], q.start)]
    is_joined = far <= _NEAR and not reading.says("eat", text=between) and not _PARTS.search(between)
    return is_joined and all(gap(deficit, other) >= far for other in bare)


def _loss(reading: Reading, numbers: Iterable[Quantity]) -> Iterable[Finding]:
    too_fast = rule("weight_loss_too_fast")
    most = {"kg": too_fast.bounds["kg"], "lb": too_fast.bounds["kg"] * LB_PER_KG}
    for q in numbers:
        if q.unit in most and _is_lost(reading, q, numbers) and not reading.says("past"):
            weeks = _weeks(reading, q, numbers)
            if weeks and q.high / weeks > most[q.unit] + 0.05 and not reading.denies((q.start, q.end), "lose"):
                yield too_fast.finding()


def _is_lost(reading: Reading, q: Quantity, numbers: Iterable[Quantity]) -> bool:
    """ "For 82 kg, a loss of half a kilo a week" says what somebody weighs; a goal of nothing else is one of weight."""
    place = (q.start, q.end)
    if q.high > MOST_LOST and any(other.unit == q.unit and other.high < MOST_LOST for other in numbers):
        return False
    if any(gap(place, span) <= _NEAR for span in reading.spans("lose")):
        return True
    others = ("load", "exercise_name", "raise", "for_muscle")
    return q.high <= MOST_LOST and reading.says("goal") and not reading.says(*others)


def _weeks(reading: Reading, q: Quantity, numbers: Iterable[Quantity]) -> float | None:
    """Of the nearest time that is named with the number, and not with another: "0.5 kg a week, so 6 kg by August"."""
    times = [(each.start, each.high * WEEKS[each.unit]) for each in numbers if each.unit in WEEKS]
    counted = [(each.start, each.end) for each in numbers if each.unit in WEEKS]
    for name in ("day", "week", "month"):
        for start, end in reading.spans(name):
            if not any(start < last and first < end for first, last in counted):
                times.append((start, WEEKS[name]))
    start, weeks = min(times, key=lambda time: abs(time[0] - q.start), default=(0, None))
    others = (abs(start - each.end) for each in numbers if each.unit == q.unit and each.end <= start < q.start)
    return weeks if min(others, default=_NEAR) > _BESIDE else None


def _fasting(reading: Reading, numbers: Iterable[Quantity], athlete: Athlete) -> Iterable[Finding]:
    too_long = rule("fast_too_long")
    most = int(too_long.bounds["max_young" if athlete.minor or athlete.pregnant else "max"])
    times = [q for q in numbers if q.unit in HOURS]
    if not times or not reading.says("fast") or (reading.says("week") and not any(q.unit == "hour" for q in times)):
        return
    unit = "hour" if any(q.unit == "hour" for q in times) else "day"
    longest = max((q for q in times if q.unit == unit), key=lambda q: q.high)
    hours = longest.high * HOURS[unit]
    if hours > most and not reading.denies((longest.start, longest.end), "fast"):
        yield too_long.finding(hours=hours, night=min(16, most))


def _bare_deficit(reading: Reading, before: Reading | None) -> Iterable[Finding]:
    """Of a number without its unit: "a deficit of 2000"; beside kilocalories also "1,800 less than that"."""
    texts = [reading.text, before.text if before else ""]
    of_energy = any(q.unit == "kcal" for text in texts for q in quantities(text))
    too_large = rule("deficit_too_large")
    numbers = quantities(reading.text)
    for each in _COUNT.finditer(reading.text):
        place, kcal = each.span(), number(each[0])
        if any(q.start <= place[0] < q.end for q in numbers) or not too_large.bounds["max"] < kcal < _IMPOSSIBLE:
            continue
        less = of_energy and any(gap(place, span) <= 1 for span in reading.spans("less"))
        if (less or _is_nearest(reading, place)) and not reading.denies(place, "less", "deficit"):
            yield too_large.finding(kcal=kcal)


def _is_nearest(reading: Reading, place: Span) -> bool:
    """Whether it is the number of a deficit: "with 2,150 the deficit of 450" has another."""
    numbers = [each.span() for each in _BARE.finditer(reading.text)]
    return any(
        gap(place, span) <= min(_JOINED, *(gap(each, span) for each in numbers)) for span in reading.spans("deficit")
    )


def _growing(reading: Reading, athlete: Athlete) -> Iterable[Finding]:
    """A deficit for those who must have none."""
    needs_all = (athlete.minor or athlete.pregnant) and reading.language != "en"
    if needs_all and reading.says("deficit") and not reading.takes_back():
        yield rule("pregnancy_deficit" if athlete.pregnant else "minor_deficit").finding()
