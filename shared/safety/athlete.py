"""Who trains, as far as safety needs to know: read from the profile and from the user's own words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast

from shared.safety.rulebook import pattern
from shared.safety.words import fold

Experience = Literal["beginner", "intermediate", "advanced"]
ADULT = 18  # years

_MINUTES = re.compile(
    r"(\d{1,3}(?:[.,]5)?)\s*(?:-|\u2013|to|bis)?\s*(\d{1,3}(?:[.,]5)?)?\s*-?\s*(minutes?|mins?|m\b|'|hours?|hrs?|h\b)"
)
_TIMES = re.compile(
    r"\b(\d{1,2})\s*(?:-|\u2013|to)?\s*(\d{1,2})?\s*(?:x(?=\d|\b)|\u00d7|times|days?|sessions?|workouts?|evenings?|"
    r"mornings?)"
    r"|\b(\d{1,2})\s*(?:/|per|a)\s*(?:week|wk)|\b(once|twice|thrice|daily|every day)\b"
)
_WORD_TIMES = {"once": 1, "twice": 2, "thrice": 3, "daily": 7, "every day": 7}
_DIGITS = {
    w: str(i) for i, w in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], 1)
}


@dataclass(frozen=True)
class Athlete:
    """None is unknown; an empty `equipment` cannot be told from an unknown one in a profile, so it is None too."""

    experience: Experience = "beginner"
    injuries: str = ""
    equipment: frozenset[str] | None = None
    minutes_per_session: int | None = None
    sessions_per_week: int | None = None
    age: int | None = None
    pregnant: bool = False
    conditions: tuple[str, ...] = ()
    medicines: tuple[str, ...] = ()
    child_age: int | None = None  # of a child whom the newest message asks for

    @property
    def limits(self) -> str:
        """All that rules exercises out: injuries, conditions of health, and the medicines against them."""
        return "; ".join(filter(None, (self.injuries, *self.conditions, *self.medicines)))

    @property
    def young_age(self) -> int | None:
        """Of whoever is meant and no adult."""
        ages = [age for age in (self.age, self.child_age) if age is not None and age < ADULT]
        return min(ages, default=None)

    @property
    def minor(self) -> bool:
        return self.young_age is not None

    @classmethod
    def of(cls, profile: Mapping[str, Any] | None, words: Sequence[str] = ()) -> "Athlete":
        """From the columns of ai_profile, any missing, and what the user said, oldest first: the newest counts."""
        known = profile or {}
        preferences = known.get("preferences")
        preferences = preferences if isinstance(preferences, Mapping) else {}
        level = known.get("experience_level")
        time = _digits(fold(str(known.get("time_availability") or "")))
        said = [" ".join(fold(text).split()) for text in words]  # patterns with much white space take long
        told = [fold(text) for text in (*_texts(known.get("goals")), *_texts(list(preferences.values())))]
        age = _last(_said_age, said)
        pregnant = _last(_said_pregnant, [*told, *said])
        if said and _asks_for_another(said[-1]) and _said_pregnant_of_another(said[-1]):
            pregnant = True
        return cls(
            experience=cast("Experience", level) if level in ("beginner", "intermediate", "advanced") else "beginner",
            injuries=str(known.get("injuries") or "").strip(),
            equipment=frozenset(fold(item) for item in _texts(known.get("equipment"))) or None,
            minutes_per_session=_minutes(time),
            sessions_per_week=_times(time),
            age=age if age is not None else _stored_age({**preferences, **_told(known, "birth_year")}),
            pregnant=pregnant if pregnant is not None else _true({**preferences, **_told(known, "pregnant")}),
            conditions=tuple(_texts(known.get("conditions"))),
            medicines=tuple(_texts(known.get("medicines"))),
            child_age=_child_asked_for(said),
        )


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list | tuple) else []


def _last(read: Any, texts: Sequence[str]) -> Any:
    answers = (read(text) for text in reversed(texts))
    return next((answer for answer in answers if answer is not None), None)


def _said_age(text: str) -> int | None:
    ages = [
        int(m[1] or m[2] or m[3])
        for m in pattern("my_age").finditer(text)
        if m[1] or m[3] or not pattern("of_another").search(text[max(0, m.start() - 60) : m.start()])
    ]
    plausible = [age for age in ages if 6 <= age <= 99]
    return plausible[-1] if plausible else None


def _said_pregnant_of_another(text: str) -> bool:
    return bool(pattern("partner_pregnant").search(text)) and not pattern("not_pregnant").search(text)


def _child_asked_for(said: Sequence[str]) -> int | None:
    """The age of a child that the newest message asks for; "may he" goes on about the one before."""
    if not said or not _asks_for_another(said[-1]):
        return None
    goes_on = pattern("asked_for").search(said[-1])
    age: int | None = _last(_child_age, said if goes_on else said[-1:])
    return age


def _child_age(text: str) -> int | None:
    ages = [int(next(filter(None, found.groups()))) for found in pattern("child_age").finditer(text)]
    return min((age for age in ages if age < ADULT), default=None)


def _asks_for_another(text: str) -> bool:
    return bool(pattern("asked_for").search(text)) or not pattern("own_question").search(text)


def _said_pregnant(text: str) -> bool | None:
    if pattern("not_pregnant").search(text):
        return None if pattern("partner_pregnant").search(text) else False
    return True if pattern("pregnant").search(text) else None


def _told(known: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A field of the profile that is filled in: it outweighs what an app keeps of the kind among its preferences."""
    return {name: known[name]} if known.get(name) is not None else {}


def _true(known: Mapping[str, Any]) -> bool:
    value = known.get("pregnant")
    return value is True or (isinstance(value, str) and fold(value).strip() in ("true", "yes", "ja", "si"))


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float | str) and str(value).strip().isdecimal() else None


def _stored_age(preferences: Mapping[str, Any]) -> int | None:
    age = _whole(preferences.get("age"))
    born = _whole(preferences.get("birth_year"))
    if born is not None:
        age = datetime.now(UTC).year - born
    return age if age is not None and 3 <= age <= 120 else None


def _digits(text: str) -> str:
    return re.sub(r"\b[a-z]+\b", lambda m: _DIGITS.get(m[0], m[0]), text)


def _minutes(text: str) -> int | None:
    found = [_most(m[1], m[2]) * (60 if m[3].startswith("h") else 1) for m in _MINUTES.finditer(text)]
    return round(max(found)) if found else 60 if re.search(r"\b(?:an|one) hour\b", text) else None


def _most(low: str, high: str | None) -> float:
    return max(float(number.replace(",", ".")) for number in (low, high) if number)


def _times(text: str) -> int | None:
    for m in _TIMES.finditer(text):
        count = _WORD_TIMES[m[4]] if m[4] else int(m[3] or m[2] or m[1])
        if 1 <= count <= 21:
            return count
    return None
