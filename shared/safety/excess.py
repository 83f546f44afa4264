"""More than anybody should drink, repeat or add at once, by the numbers of a sentence in any language."""

import re
from collections.abc import Iterable, Sequence

from shared.safety.findings import Finding
from shared.safety.quantities import LITRES, Quantity, quantities
from shared.safety.reading import SIGNS, Reading, Span, gap
from shared.safety.rulebook import rule

_COUNT = re.compile(r"(?<![\d.,:/])(?:\d{1,3}(?:[.,' ]\d{3})+|\d{3,5})(?![\d%]|[.,:/]\d)")
_REACH = 40  # characters from a number to what it counts
_REACH_OF_SIGNS = 14  # the same, where a sign is a word
_COUNTED = 16  # characters from a number to the exercise that it counts
_OF_SLEEP = 6
_FEWEST = 5  # km from which a step is looked at
_MOST = 300  # km a week; what is more counts something else
_WHOLE = re.compile(r"(?<![\d.,:/x-])\d{2,3}(?![\d%:/x]|[.,]\d|-\d)")


def check_excess(reading: Reading, numbers: Sequence[Quantity], before: Reading | None) -> Iterable[Finding]:
    """Of a sentence with its numbers, which may go on about the one `before` it."""
    yield from _water(reading, numbers, before)
    yield from _repetitions(reading, numbers)
    yield from _steps(reading, numbers, before)
    yield from _next_week(reading, numbers, before)


def _water(reading: Reading, numbers: Iterable[Quantity], before: Reading | None) -> Iterable[Finding]:
    too_much = rule("too_much_water")
    is_drunk = reading.says("water", "at_once") or (before is not None and before.says("water"))
    if reading.says("milk_or_oil") or not is_drunk:
        return
    at_once = [*reading.spans("hourly"), *(span for span in reading.spans("at_once") if not reading.forbids(span))]
    drunk = [q for q in numbers if q.unit in LITRES]
    for q in drunk:
        litres = q.high * LITRES[q.unit]
        most = too_much.bounds["max_hour" if _is_nearest(q, drunk, at_once) else "max_day"]
        if litres > most and not reading.denies((q.start, q.end), "drink_nothing", "overdrink"):
            yield too_much.finding(litres=litres)


def _is_nearest(q: Quantity, others: Iterable[Quantity], named: Iterable[Span]) -> bool:
    """Whether one of what is `named` goes with it: "3 litres a day, 250 ml an hour"."""
    return any(min(others, key=lambda other: gap((other.start, other.end), span)) == q for span in named)


def _repetitions(reading: Reading, numbers: Iterable[Quantity]) -> Iterable[Finding]:
    too_many = rule("too_many_repetitions")
    done = [span for span in reading.spans("exercise_name") if not reading.forbids(span)]
    counts = [each for each in _COUNT.finditer(reading.text) if _near(each.span(), done, _COUNTED)]
    many = any(
        int(re.sub(r"\D", "", each[0])) >= too_many.bounds["repetitions"] and not reading.denies(each.span())
        for each in counts
    )
    if (many and not reading.says("in_all")) or _all_day(reading, numbers, too_many.bounds["hours"]):
        yield too_many.finding()


def _near(one: Span, others: Iterable[Span], reach: int = _REACH) -> bool:
    return any(gap(one, other) <= reach for other in others)


def _all_day(reading: Reading, numbers: Iterable[Quantity], most: float) -> bool:
    others = [*reading.spans("sleep"), *reading.spans("fast")]
    long = any(
        q.unit == "hour"
        and most <= q.high <= 24
        and not reading.denies((q.start, q.end))
        and not _near((q.start, q.end), others, _OF_SLEEP)
        for q in numbers
    )
    return long and reading.says("train") and reading.says("day")


def _steps(reading: Reading, numbers: Sequence[Quantity], before: Reading | None) -> Iterable[Finding]:
    if not reading.says("every_time"):
        return
    too_fast = rule("progression_too_fast")
    advised = [q for q in numbers if not reading.denies((q.start, q.end))]
    added = [q for q in advised if _is_added(q, [each for each in advised if each.unit == q.unit], reading)]
    heavy = any(q.unit == "kg" and q.high >= too_fast.bounds["kg"] for q in added)
    much = any(q.unit == "percent" and q.high >= too_fast.bounds["percent"] for q in added) and reading.says("load")
    weekly = quantities(before.text) if before and before.says("week", "every_time") else ()
    if heavy or much or _leaps([*weekly, *_reached(numbers, advised)], too_fast.bounds["times"]):
        yield too_fast.finding()


def _is_added(q: Quantity, alike: Sequence[Quantity], reading: Reading) -> bool:
    """ "Start at 50 % of it and add 5 % each session" adds 5."""
    reach = _REACH_OF_SIGNS if reading.language in SIGNS else _REACH
    near = [span for span in reading.spans("raise") if _near((q.start, q.end), [span], reach)]
    return _is_nearest(q, alike, near)


def _next_week(reading: Reading, numbers: Sequence[Quantity], before: Reading | None) -> Iterable[Finding]:
    """ "You ran 10 km last week, so this week we do 60": the number may stand without its unit."""
    start = min((start for start, _ in reading.spans("from_now")), default=None)
    earlier = [each for each in (before, reading) if each and each.says("until_now")]
    run = [q.high for each in earlier for q in quantities(each.text) if q.unit == "km" and q.high >= _FEWEST]
    if start is None or not run or any(each.warns() for each in earlier):
        return
    too_fast = rule("progression_too_fast")
    least = too_fast.bounds["times"] * run[0]
    near = (place for place in _distances(reading, numbers) if abs(place[0] - start) <= _REACH)
    if any(least <= int(reading.text[slice(*place)]) <= _MOST and not reading.denies(place) for place in near):
        yield too_fast.finding()


def _distances(reading: Reading, numbers: Sequence[Quantity]) -> Iterable[Span]:
    """Whole numbers that are of km, or of nothing that is said."""
    others = [q for q in numbers if q.unit != "km"]
    found = (each.span() for each in _WHOLE.finditer(reading.text))
    return (place for place in found if not any(q.start <= place[0] < q.end for q in others))


def _reached(numbers: Sequence[Quantity], advised: Sequence[Quantity]) -> Sequence[Quantity]:
    """What is run so far may be denied ("you ran no more than 8 km"), not what is to follow."""
    return numbers if numbers and numbers[-1] in advised else advised


def _leaps(numbers: Iterable[Quantity], times: float) -> bool:
    """ "From 10 km to 40 km next week"."""
    kilometres = [q.high for q in numbers if q.unit == "km"]
    return len(kilometres) == 2 and kilometres[0] >= _FEWEST and kilometres[1] >= times * kilometres[0]
