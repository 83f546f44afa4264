"""A workout plan of a fixed choice of exercises: what the user has no equipment for, or must not load, gives way."""

import json
import re
from pathlib import Path

from infra.local.offline_models.conversation import Json

DAYS, MINUTES, WEEKS = 3, 45, 4  # where nobody says
MAX_WEEKS, MAX_EXERCISES, MAX_MINUTES, WARM_UP_MINUTES = 12, 6, 60, 5
WORKING_SECONDS, REST_SECONDS = 45, 90  # of a set; the lower end of the usual 90 to 120 s between moderate sets
LEVELS = ("beginner", "intermediate", "advanced")
SETS, MAX_SESSIONS = (3, 3, 4), (3, 4, 5)  # by level
FOCUS = {"upper": ("push", "pull", "core"), "lower": ("squat", "hinge", "core")}
_NUMBERS = {"once": 1, "twice": 2, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
_COUNT = rf"(\d+|{'|'.join(_NUMBERS)})"
# By movement; the first exercises are the movement itself, later ones spare the joint that it loads.
_MOVEMENTS: dict[str, list[Json]] = json.loads(Path(__file__).with_name("exercises.json").read_text(encoding="utf-8"))


def plan(text: str, profile: Json) -> Json:
    """What the text asks for, but no harder and for no more time than the profile says."""
    time, level = str(profile.get("time_availability") or ""), _level(str(profile.get("experience_level")))
    level = min(level, _level(text) if re.search("|".join(LEVELS), text, re.IGNORECASE) else level)
    days = _least(_days(text), _days(time), DAYS)
    minutes = min(MAX_MINUTES, _least(_minutes(text), _minutes(time), MINUTES))
    found = re.search(r"\b(upper|lower)[\s-]body\b", text, re.IGNORECASE)
    focus = found[1].lower() if found else "full"
    sessions = [
        {
            "name": f"{focus.capitalize()} body {chr(ord('A') + day)}",
            "minutes": minutes,
            "exercises": _exercises(focus, day, level, minutes, profile),
        }
        for day in range(min(days, MAX_SESSIONS[level]))
    ]
    weeks = re.search(r"\b(\d{1,2})[\s-]*weeks?\b(?! ?(?:old|ago))", text, re.IGNORECASE)
    return {
        "name": f"{len(sessions)}-day {focus} body plan",
        "goal": (profile.get("goals") or ["General strength and health"])[0],
        "weeks": max(1, min(int(weeks[1]) if weeks else WEEKS, MAX_WEEKS)),
        "sessions": sessions,
    }


def _exercises(focus: str, day: int, level: int, minutes: int, profile: Json) -> list[Json]:
    equipment = " ".join(profile.get("equipment") or []).lower()
    injuries = str(profile.get("injuries") or "").lower()
    chosen = []
    for movement in FOCUS.get(focus, tuple(_MOVEMENTS)):
        possible = [
            each
            for each in _MOVEMENTS[movement]
            if each["needs"] in equipment and not any(part in injuries for part in each["loads"].split())
        ][:2]
        chosen += [possible[day % len(possible)]] if possible else []
    fitting = int((minutes - WARM_UP_MINUTES) / (SETS[level] * (WORKING_SECONDS + REST_SECONDS) / 60))
    return [_exercise(each, SETS[level]) for each in chosen[: max(1, min(MAX_EXERCISES, fitting))]]


def _exercise(chosen: Json, sets: int) -> Json:
    seconds = chosen.get("seconds")
    amount = {"reps": None if seconds else 10, "seconds": seconds}
    # nobody knows the load before the first session
    return {"name": chosen["name"], "sets": sets, **amount, "load_kg": None, "rest_seconds": REST_SECONDS}


def _level(text: str) -> int:
    return next((number for number, level in enumerate(LEVELS) if level in text.lower()), 0)


def _least(asked: int | None, known: int | None, usual: int) -> int:
    return min(asked or known or usual, known or asked or usual)


def _days(text: str) -> int | None:
    found = re.search(
        rf"\b{_COUNT}[\s-]*(?:days?|times|x|evenings?|mornings?|sessions?|workouts?|a week)\b", text, re.IGNORECASE
    )
    return (int(found[1]) if found[1].isdigit() else _NUMBERS[found[1].lower()]) if found else None


def _minutes(text: str) -> int | None:
    found = re.search(r"\b(\d+)[\s-]*min", text, re.IGNORECASE)
    return int(found[1]) if found else None
