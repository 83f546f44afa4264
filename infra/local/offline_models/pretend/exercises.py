"""Reading exercises as people write them: "squat 3x5 at 60 kg", "5 sets of 10 push-ups", "ran for 30 minutes"."""

import re
from collections.abc import Iterator, Sequence
from math import ceil

from infra.local.offline_models.conversation import Json

KG_PER_POUND = 0.45359237  # by definition
REST_SECONDS = 90  # what is assumed where nothing is said
REPETITION_SECONDS = 3  # likewise

_SECONDS = {"s": 1, "m": 60, "h": 3600}
_TIME = r"(?P<unit>s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)\b"
_SETS = re.compile(
    rf"(?P<sets>\d+)\s*(?:[x×*]|sets?\s*of)\s*(?P<amount>\d+)(?:\s*{_TIME}|\s*(?:reps?|times)\b)?",  # noqa: RUF001
    re.IGNORECASE,
)
_LOAD = re.compile(r"(\d+(?:[.,]\d+)?)\s*(kg|kilo|lb|pound)\w*(?:\s+each)?", re.IGNORECASE)
_DURATION = re.compile(rf"(?P<amount>\d+)[\s-]*{_TIME}", re.IGNORECASE)
_DISTANCE = re.compile(r"\d+(?:[.,]\d+)?\s*(?:km|kilomet\w+|miles?|mi|met\w+)\b", re.IGNORECASE)
_COUNT = re.compile(r"\b(\d+)\s+(?=[a-z])", re.IGNORECASE)
_BETWEEN = re.compile(r"([,;:.]\s+|\n|\s+(?:and|then|plus)\s+)")
_FILLER = re.compile(
    r"\b(?:i|we|my|me|it|the|a|an|of|for|in|at|with|on|about|total|took|did|do|done|trained|was|were|have|just|also|log|"
    r"record|note|write|down|save|track|add|that|this|please|session|workout|training|exercises?|today|yesterday|tonight|"
    r"morning|evening|each|reps?|sets?)\b|\d{4}-\d\d-\d\d|\d+ days? ago",
    re.IGNORECASE,
)
_VERBS = {"ran": "run", "jogged": "jog", "cycled": "cycling", "walked": "walk", "swam": "swim", "rowed": "rowing"}


def exercises_in(text: str) -> list[Json]:
    """What a text says was done, or is to be done, with all the numbers of an exercise."""
    return [exercise for item in _items(text) if (exercise := _exercise(item))]


def minutes_in(text: str) -> int | None:
    """The last duration of at least a minute that stands for itself: not that of a set."""
    found = [_seconds(each) // 60 for each in _DURATION.finditer(_SETS.sub(" ", text))]
    return next((minutes for minutes in reversed(found) if minutes), None)


def estimated_minutes(exercises: Sequence[Json]) -> int:
    working = [each["sets"] * (each["seconds"] or REPETITION_SECONDS * (each["reps"] or 0)) for each in exercises]
    seconds: int = sum(working) + sum((each["sets"] - 1) * REST_SECONDS for each in exercises)
    return max(1, ceil(seconds / 60))


def load_in(text: str) -> float | None:
    """The first load in a text, in kilograms."""
    if not (found := _LOAD.search(text)):
        return None
    load = float(found[1].replace(",", "."))
    return round(load * KG_PER_POUND, 1) if found[2].lower() in ("lb", "pound") else load


def same_exercise(name: str, known: Sequence[str]) -> str | None:
    """Which of the known names is meant: the same but for case, hyphens and plurals, or the shortest that holds it."""
    wanted = _stems(name)
    fitting = [each for each in known if wanted and wanted <= _stems(each)]
    return min(fitting, key=lambda each: (len(_stems(each)), each), default=None)


def _stems(name: str) -> frozenset[str]:
    words = re.findall(r"[a-z]+", name.lower().replace("-", " "))
    return frozenset(word if word.endswith("ss") else word.removesuffix("s") for word in words)


def _items(text: str) -> Iterator[str]:
    """The parts between commas; one without a name belongs to the one before, one without a number to the next."""
    whole, *rest = _BETWEEN.split(text)
    for separator, part in zip(rest[::2], rest[1::2], strict=True):
        if re.search(r"\d", whole) and _name(_without_numbers(part)):
            yield whole
            whole = part
        else:
            whole += f"{separator if separator.strip().isalpha() else ' , '}{part}"
    yield whole


def _exercise(item: str) -> Json | None:
    numbers: Json = {"sets": 1, "reps": None, "seconds": None, "load_kg": load_in(_SETS.sub(" ", item))}
    if sets := _SETS.search(item):
        numbers |= {"sets": int(sets["sets"])}
        numbers |= {"seconds": _seconds(sets)} if sets["unit"] else {"reps": int(sets["amount"])}
    elif count := _COUNT.search(_FILLER.sub(" ", _DURATION.sub(" ", _DISTANCE.sub(" ", _LOAD.sub(" ", item))))):
        numbers |= {"reps": int(count[1])}
    elif duration := _DURATION.search(item):
        numbers |= {"seconds": _seconds(duration)}
    else:
        return None
    name = _name(_without_numbers(item))
    return {"name": name, **numbers, "rest_seconds": REST_SECONDS} if name else None


def _without_numbers(text: str) -> str:
    for pattern in (_SETS, _LOAD, _DISTANCE, _DURATION):
        text = pattern.sub(" , ", text)
    return text


def _name(text: str) -> str:
    """The exercise's name in what is left of an item: the first part that has words of its own."""
    for part in text.split(" , "):
        words = re.findall(r"[^\W\d_]+(?:[-'/][^\W\d_]+)*", _FILLER.sub(" ", part))
        if words := words[words[:1] == ["and"] :]:
            name = " ".join(_VERBS.get(word.lower(), word) for word in words)[:80]
            return name[0].upper() + name[1:]
    return ""


def _seconds(found: re.Match[str]) -> int:
    return int(found["amount"]) * _SECONDS[found["unit"][0].lower()]
