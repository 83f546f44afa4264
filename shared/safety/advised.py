"""Dangerous advice as rules/advised.toml puts it together: meanings in a sentence, or in it and the one before."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain

from shared.safety.athlete import Athlete
from shared.safety.concepts import bits
from shared.safety.findings import Finding
from shared.safety.quantities import HOURS, quantities
from shared.safety.reading import Reading, Span, gap, within
from shared.safety.red_flags import find_red_flag
from shared.safety.rulebook import compiled, rule

# Kinds of advice; what is said of food, fever, doses or moods is read by concepts of its own.
_OF_THE_BODY = frozenset({"emergency", "stroke", "head", "kidneys", "allergy", "clot", "injury", "pregnancy", "heat"})
_NEEDLESS = ("needless", "no_stop", "reassure")
_AMOUNTS = frozenset({"mg", "ug", "iu"})
_NEAR = 35  # characters between words that belong together
_LONG = 24  # hours
_HEAVY = 140  # kg, which nobody lifts on the first day
_HOT = re.compile(
    r"(?:\bplus |\b\u043f\u043b\u044e\u0441 |\+ ?)(?:3[3-9]|4\d)(?!\d)|"
    r"(?<!\d)(?:3[3-9]|4\d) ?(?:°|º|degrees|grad|degres|gradi|graus|graden|stopni|derece|градус|度|درجه|डिग्री|c\b)"
)
_WHO = ("minor", "pregnant")
_ADVISERS = ("doctor", "check_up", "get_help", "stop")  # protect, unless they are called needless


@dataclass(frozen=True)
class Advised:
    """One of each of `needs` must be said, and none of `unless`; `spans_two`: some of it in the sentence before."""

    id: str
    needs: tuple[tuple[str, ...], ...]
    unless: tuple[str, ...]
    who: str | None
    near: tuple[int, int] | None
    spans_two: bool

    @cached_property
    def masks(self) -> tuple[int, ...]:
        """Of each need the bits of its concepts; all where it may be something else."""
        return tuple(
            -1 if any(name in _REAL for name in group) else sum(bits()[name.lstrip("!")] for name in group)
            for group in self.needs
        )


@cache
def _rules(who: frozenset[str]) -> tuple[Advised, ...]:
    each = (
        Advised(**entry | {"needs": tuple(map(tuple, entry["needs"])), "unless": tuple(entry["unless"])})
        for entry in compiled()["advised"]
    )
    return tuple(rule_ for rule_ in each if rule_.who is None or rule_.who in who)


def check_advised(reading: Reading, before: Reading | None, athlete: Athlete) -> Iterator[Finding]:
    """What a sentence, with the one before it, advises that is dangerous whatever its numbers."""
    said = reading.candidates
    around = said | before.candidates if before else said
    for each in _rules(frozenset(name for name in _WHO if getattr(athlete, name))):
        if not (said & each.masks[0] and all(around & mask for mask in each.masks)):
            continue
        readings = [reading, before] if before and each.spans_two else [reading]
        if _may_be_said(each, readings) and (_says(each, [reading]) or (before and _says(each, readings))):
            yield rule(each.id).finding()


def _may_be_said(advised: Advised, readings: Sequence[Reading]) -> bool:
    """The cheap half of it: whether each need is named at all."""
    return all(
        any(name in _REAL or any(each.spans(name.lstrip("!")) for each in readings) for name in group)
        for group in advised.needs
    )


def _says(advised: Advised, readings: Sequence[Reading]) -> bool:
    said = [_Said(advised, each) for each in readings]
    if not said[0].stands(advised.needs[0]) or not all(any(each.stands(n) for each in said) for n in advised.needs[1:]):
        return False
    if advised.near and not any(each.are_near(*(advised.needs[i] for i in advised.near)) for each in said):
        return False
    return not any(each.protects() for each in said) and not any(each.is_unfinished() for each in readings[1:])


class _Said:
    """What a sentence says of a rule."""

    def __init__(self, advised: Advised, reading: Reading) -> None:
        self._advised, self._reading = advised, reading
        named = (name.lstrip("!") for group in advised.needs for name in group if name not in _REAL)
        self._own = [span for name in named for span in reading.spans(name)]

    def stands(self, group: Sequence[str]) -> bool:
        """Whether one of the concepts is said and not denied."""
        return any(self._is_real(name) for name in group)

    def _is_real(self, name: str) -> bool:
        if name.startswith("!"):
            return bool(self._reading.spans(name[1:]))
        return _REAL[name](self) if name in _REAL else any(self._free(name))

    def _free(self, name: str) -> Iterator[Span]:
        return (span for span in self._reading.spans(name) if not self._reading.forbids(span, self._own))

    def are_near(self, one: Sequence[str], other: Sequence[str]) -> bool:
        """In the same part of the sentence."""
        return any(
            gap(first, second) <= _NEAR and self._reading.joined(first, second)
            for first in chain.from_iterable(map(self._free, one))
            for second in chain.from_iterable(map(self._reading.spans, other))
        )

    def protects(self) -> bool:
        """Whether it warns, or says what makes it right."""
        return self._reading.warns(self._own) or any(map(self._is_protected, self._advised.unless))

    def _is_protected(self, name: str) -> bool:
        needless = [span for each in _NEEDLESS for span in self._reading.spans(each)] if name in _ADVISERS else ()
        return any(
            not any(within(span, other) for other in self._own)
            and not any(self._reading.same_part(span, other) for other in needless)
            for span in self._free(name)
        )

    def has_amount(self) -> bool:
        """Whether a dose stands near what the first need names."""
        return any(
            q.unit in _AMOUNTS and gap((q.start, q.end), span) <= _NEAR
            for q in quantities(self._reading.text)
            for span in self._own
        )

    def is_long(self) -> bool:
        return any(q.high * HOURS[q.unit] > _LONG for q in quantities(self._reading.text) if q.unit in HOURS)

    def is_hot(self) -> bool:
        return _HOT.search(self._reading.text) is not None

    def is_heavy(self) -> bool:
        return any(q.unit == "kg" and q.high >= _HEAVY for q in quantities(self._reading.text))

    def is_urgent(self) -> bool:
        return _red_flag(self._reading.text) in _OF_THE_BODY

    def harms_self(self) -> bool:
        return _red_flag(self._reading.text) == "crisis"


def _red_flag(text: str) -> str:
    """The kind of advice that a user would get for it."""
    flag = find_red_flag(text)
    return flag.topic if flag else ""


_REAL = {
    "#hot": _Said.is_hot,
    "#heavy": _Said.is_heavy,
    "#amount": _Said.has_amount,
    "#long": _Said.is_long,
    "#red_flag": _Said.is_urgent,
    "#self_harm": _Said.harms_self,
}
