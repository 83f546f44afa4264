"""Is what a text says to eat enough? A number of calories is a day's intake, a portion, or a change of the intake."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Literal

from shared.safety.athlete import Athlete
from shared.safety.clauses import forbidden, warned
from shared.safety.findings import Finding
from shared.safety.quantities import KJ_PER_KCAL, Quantity, quantities
from shared.safety.rulebook import pattern, rule, words

Change = Literal["less", "more"]

_NO_INTAKE = ("portion_of", "of_nutrient", "at_rest")  # what the words before a number may make of it
_DAYS = 7
_MAX_PIECES = 14  # words and marks from "deficit" to its number
_PIECE = re.compile(r"\d[\d.,]*|[^\W\d_]+|[^\w\s]")
_MARKS_AFTER_NOUNS = frozenset("(:=*-|/%~≈±")
_MARKS_AFTER_VERBS = frozenset("(~≈-±+%")


def check_energy(sentence: str, athlete: Athlete) -> Iterable[Finding]:
    """Too little a day, too large a deficit, or any deficit for those who must have none."""
    sentence = pattern("no_deficit").sub(lambda found: " " * len(found[0]), sentence)
    yield from _intake(sentence)
    yield from _any_deficit(sentence, athlete) if athlete.minor or athlete.pregnant else _large_deficit(sentence)


def change(sentence: str, q: Quantity) -> Change | None:
    """Whether a number of kilocalories says how much less or more, as of a deficit; None for how much."""
    if pattern("more_than_eaten").match(sentence, q.end):
        return "less"
    return _named_before(sentence[: q.start]) or _named_after(sentence[q.end :])


def _named_before(text: str) -> Change | None:
    if pattern("maintenance_minus").search(text):
        return "less"
    pieces = _PIECE.findall(_simplified(text))[-_MAX_PIECES:]
    between: set[str] = set()
    for at in range(len(pieces) - 1, -1, -1):
        piece = pieces[at]
        if (named := _kind(piece, "nouns")) and _joined(between, words("after_nouns"), _MARKS_AFTER_NOUNS):
            return named
        if (named := _kind(piece, "verbs")) and _joined(between, words("after_verbs"), _MARKS_AFTER_VERBS):
            return None if at and pieces[at - 1] in words("determiners") else named
        if not _continues(pieces, at):
            return None
        between.add(piece)
    return None


def _simplified(text: str) -> str:
    """What says how much, or is one word said in two, as one word."""
    said = pattern("amount").sub("about", text)
    said = pattern("energy_at_rest").sub("bmr", pattern("take_off").sub("subtract", said))
    return pattern("held_at").sub(r"\1 about", said)


def _kind(piece: str, part: str) -> Change | None:
    if piece in words(f"less_{part}"):
        return "less"
    return "more" if piece in words(f"more_{part}") else None


def _joined(between: set[str], after: frozenset[str], marks: frozenset[str]) -> bool:
    allowed = words("hedges") | words("between") | after | marks | {"to", "and"}
    left = {piece for piece in between if not piece[0].isdigit()} - allowed
    return not left or (left == {","} and bool(between & words("hedges")))


def _continues(pieces: list[str], at: int) -> bool:
    piece = pieces[at]
    if piece in ("to", "and"):  # of a range: "300 kcal to 500 kcal"
        low = [each for each in pieces[max(0, at - 2) : at] if each not in words("energy_units") | {"%"}]
        return bool(low) and low[-1][0].isdigit()
    return piece[0].isdigit() or piece == "," or piece in _connecting()


@cache
def _connecting() -> frozenset[str]:
    said = (words(name) for name in ("hedges", "between", "after_nouns", "after_verbs"))
    return frozenset().union(*said, _MARKS_AFTER_NOUNS, _MARKS_AFTER_VERBS)


def _named_after(text: str) -> Change | None:
    at = 0
    for part in ("per_day", "of_energy", "per_day", "of_energy"):
        if match := pattern(part).match(text, at):
            at = match.end()
    if pattern("less_after").match(text, at):
        return "less"
    return "more" if pattern("more_after").match(text, at) else None


def _intake(sentence: str) -> Iterable[Finding]:
    too_low = rule("calories_too_low")
    for q in quantities(sentence):
        kcal = q.low if q.unit == "kcal" else q.low / KJ_PER_KCAL
        if q.unit not in ("kcal", "kj") or not too_low.bounds["min_meant"] <= kcal < too_low.bounds["min"]:
            continue
        if _is_intake(sentence, q) and not forbidden(sentence, q.start, q.end):
            yield too_low.finding(kcal=kcal)


def _is_intake(sentence: str, q: Quantity) -> bool:
    around = sentence[max(0, q.start - 40) : q.end + 40]
    if pattern("supervised").search(sentence) or not pattern("intake").search(around) or change(sentence, q):
        return False
    if any(pattern(each).search(sentence[: q.start]) for each in _NO_INTAKE):
        return False
    near = pattern("or_less").sub("", sentence[max(0, q.start - 25) : q.end + 25])
    return bool(pattern("per_day").match(sentence, q.end)) or not pattern("portion").search(near)


def _large_deficit(sentence: str) -> Iterable[Finding]:
    too_large = rule("deficit_too_large")
    for q in quantities(sentence):
        large = q.unit == "kcal" and q.high / _days(sentence, q) > too_large.bounds["max"]
        if large and _is_deficit(sentence, q) and not warned(sentence, q.start, q.end):
            yield too_large.finding(kcal=q.high)
            return


def _days(sentence: str, q: Quantity) -> int:
    """Over which a deficit is spread: "3,500 kcal a week"."""
    around = sentence[max(0, q.start - 25) : q.end + 25]
    weekly = pattern("a_week").search(around) or pattern("over_the_week").search(sentence, q.end, q.end + 45)
    return _DAYS if weekly and not pattern("per_day").match(sentence, q.end) else 1


def _is_deficit(sentence: str, q: Quantity) -> bool:
    if kind := change(sentence, q):
        return kind == "less"
    before, after = pattern("deficit_before"), pattern("deficit_after")
    return bool(before.search(sentence[: q.start]) or after.match(sentence[q.end :]))


def _any_deficit(sentence: str, athlete: Athlete) -> Iterable[Finding]:
    numbers = [q for q in quantities(sentence) if q.unit == "kcal" and not warned(sentence, q.start, q.end)]
    is_deficit = numbers and (pattern("deficit").search(sentence) or any(_is_deficit(sentence, q) for q in numbers))
    if is_deficit or _plans_weight_loss(sentence):
        yield rule("pregnancy_deficit" if athlete.pregnant else "minor_deficit").finding()


def _plans_weight_loss(sentence: str) -> bool:
    named = pattern("weight_loss_plan").search(sentence)
    return named is not None and not warned(sentence, named.start(), named.end())
