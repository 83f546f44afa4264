"""Reading exercises as people write them: "squat 3x5 at 60 kg", "5 sets of 10 push-ups", "ran for 30 minutes"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

KG_PER_POUND = 0.45359237  # by definition
REST_SECONDS = 90  # what is assumed where nothing is said
REPETITION_SECONDS = 3  # likewise

_SECONDS = {"s": 1, "m": 60, "h": 3600}
_TIME = r"(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)\b"
_SETS = re.compile(
    rf"(?P<sets>\d+)\s*(?:[x×*]|sets?\s*(?:of|x|×)?)\s*(?P<amount>\d+)(?:\s*(?P<unit>{_TIME})|\s*(?:reps?|times)\b)?",  # noqa: RUF001
    re.IGNORECASE,
)
_LOAD = re.compile(
    r"(?:(?:at|@|with|x)\s*)?(?P<load>\d+(?:[.,]\d+)?)\s*(?P<unit>kgs?|kilos?|kilograms?|lbs?|pounds?)\b(?:\s+each)?",
    re.IGNORECASE,
)
_DURATION = re.compile(rf"(?P<amount>\d+)[\s-]*(?P<unit>{_TIME})", re.IGNORECASE)
_COUNT = re.compile(r"\b(?P<reps>\d+)\s+(?=[a-z])", re.IGNORECASE)
_DISTANCE = re.compile(r"\d+(?:[.,]\d+)?\s*(?:km|kilomet(?:er|re)s?|miles?|mi|met(?:er|re)s?)\b", re.IGNORECASE)
_SEPARATOR = re.compile(r"([,;:.]\s+|\n|\s+(?:and|then|plus)\s+)")
_FILLER = re.compile(
    r"\b(?:i|we|my|me|it|the|a|an|of|for|in|at|with|on|about|total|took|did|do|done|trained|worked out|"
    r"was|were|have|just|also|log|record|note|write|down|save|track|add|that|this|please|session|workout|training|exercises?|"
    r"today|yesterday|(?:this|yesterday) (?:morning|afternoon|evening)|tonight|last night|each|reps?|sets?)\b|"
    r"\d{4}-\d\d-\d\d|\d+ days? ago",
    re.IGNORECASE,
)
_VERBS = {"ran": "run", "jogged": "jog", "cycled": "cycling", "biked": "cycling", "walked": "walk", "swam": "swim"}
_VERBS |= {"rowed": "rowing", "hiked": "hike", "planked": "plank"}


@dataclass(frozen=True)
class Performed:
    """One exercise as it was written; `sets` of `reps` or of `seconds`, `load_kg` None for body weight."""

    name: str
    sets: int
    reps: int | None = None
    seconds: int | None = None
    load_kg: float | None = None

    def as_exercise(self, rest_seconds: int = REST_SECONDS) -> dict[str, Any]:
        return {**vars(self), "rest_seconds": rest_seconds}


@dataclass(frozen=True)
class Training:
    """The exercises of a text, and how long they took together, if that was said."""

    exercises: tuple[Performed, ...]
    stated_minutes: int | None

    @property
    def minutes(self) -> int:
        """As stated, or estimated from the sets."""
        return self.stated_minutes or max(1, ceil(sum(map(_seconds, self.exercises)) / 60))


def read_training(text: str) -> Training:
    """What a text says was done, or is to be done."""
    exercises: list[Performed] = []
    minutes: int | None = None
    for item in _items(text):
        exercise, duration = _read(item)
        if exercise:
            exercises.append(exercise)
        minutes = duration or minutes
    return Training(tuple(exercises), minutes)


def load_in(text: str) -> float | None:
    """The first load in a text, in kilograms."""
    found = _LOAD.search(text)
    if not found:
        return None
    load = float(found["load"].replace(",", "."))
    return round(load * KG_PER_POUND, 1) if found["unit"].lower()[0] in "lp" else load


def minutes_in(text: str) -> int | None:
    """The first duration in a text of at least one minute."""
    durations = (_as_seconds(found["amount"], found["unit"]) // 60 for found in _DURATION.finditer(text))
    return next((minutes for minutes in durations if minutes), None)


def same_exercise(name: str, known: Sequence[str]) -> str | None:
    """Which of the known names is meant: the same but for case, hyphens and plurals, or the shortest that holds it."""
    wanted = _stems(name)
    fitting = [each for each in known if wanted and wanted <= _stems(each)]
    return min(fitting, key=lambda each: (len(_stems(each)), each), default=None)


def _stems(name: str) -> frozenset[str]:
    words = re.findall(r"[a-z]+", name.lower().replace("-", " "))
    return frozenset(word if word.endswith("ss") else word.removesuffix("s") for word in words)


def _items(text: str) -> Iterator[str]:
    """The parts between commas; one without a number belongs to the next, a bare load to the one before."""
    parts = _SEPARATOR.split(text)
    whole = parts[0]
    for separator, part in zip(parts[1::2], parts[2::2], strict=True):
        if re.search(r"\d", whole) and not _is_bare_load(part):
            yield whole
            whole = part
        else:
            whole += f" {separator.strip(',;:. ')} {part}"
    yield whole


def _is_bare_load(part: str) -> bool:
    return bool(_LOAD.search(part)) and not _name(_LOAD.sub("", part))


def _read(item: str) -> tuple[Performed | None, int | None]:
    sets = _SETS.search(item)
    if sets:
        rest = f"{item[: sets.start()]} , {item[sets.end() :]}"
        load, rest = load_in(rest), _LOAD.sub(" ", rest)
        duration, rest = minutes_in(rest), _DURATION.sub(" ", rest)
        amount, unit = int(sets["amount"]), sets["unit"]
        reps, seconds = (None, _as_seconds(sets["amount"], unit)) if unit else (amount, None)
        name = _name(rest)
        return (Performed(name, int(sets["sets"]), reps, seconds, load) if name else None), duration
    return _read_without_sets(item)


def _read_without_sets(item: str) -> tuple[Performed | None, int | None]:
    load, rest = load_in(item), _DISTANCE.sub(" ", _LOAD.sub(" ", item))
    minutes, rest = minutes_in(rest), _DURATION.sub(" ", rest)
    count = _COUNT.search(_FILLER.sub(" ", rest))
    if count and (name := _name(_FILLER.sub(" ", rest)[count.end() :])):
        return Performed(name, 1, int(count["reps"]), None, load), minutes
    name = _name(rest)
    if minutes and name:
        return Performed(name, 1, None, minutes * 60), minutes
    return None, minutes


def _name(text: str) -> str:
    """The exercise's name in what is left of an item: before the numbers, or else behind them."""
    for part in text.split(" , "):
        words = re.findall(r"[^\W\d_]+(?:[-'/][^\W\d_]+)*", _FILLER.sub(" ", part))
        if words := words[words[:1] == ["and"] :]:
            name = " ".join(_VERBS.get(word.lower(), word) for word in words)[:80]
            return name[0].upper() + name[1:]
    return ""


def _as_seconds(amount: str, unit: str) -> int:
    return int(amount) * _SECONDS[unit[0].lower()]


def _seconds(exercise: Performed) -> int:
    working = exercise.seconds or REPETITION_SECONDS * (exercise.reps or 0)
    return exercise.sets * working + (exercise.sets - 1) * REST_SECONDS
