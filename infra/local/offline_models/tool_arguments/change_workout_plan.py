"""Changes exercises of the plan that the user follows, found by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from infra.local.offline_models.instructions import Instruction
from infra.local.offline_models.json_schema import Schema
from infra.local.offline_models.prompt_reading import Json, Prompt
from infra.local.offline_models.tool_arguments.exercise_notation import load_in, read_training, same_exercise
from infra.local.offline_models.tool_rule import Arguments, ToolRule

NUMBERS = ("sets", "reps", "seconds", "load_kg", "rest_seconds")

_ASKED = re.compile(
    r"(?:increase|raise|lower|reduce|decrease|bump|change|set|put)\s.+\d|"
    r"(?:remove|drop|delete|take)\s|add\s.+\b(?:to|in)\b",
    re.IGNORECASE,
)
_SET = re.compile(
    r"\w+ (?:up |down )?(?:my |the )?(?P<name>.+?)\s+(?:(?P<by>by)|to|from .+? to|at)\s+(?P<value>\d.*)", re.IGNORECASE
)
_MORE = re.compile(
    r"add (?P<value>(?:an?|one|another|two|\d+(?:[.,]\d+)?)\s*(?:more |extra )?"
    r"(?:sets?|reps?|seconds?|kgs?|kilos?|lbs?))"
    r"\s+(?:to|of|on)\s+(?:my |the )?(?P<name>.+)",
    re.IGNORECASE,
)
_LESS = re.compile(
    r"(?:remove|drop|take) (?P<value>(?:an?|one|two|\d+)\s*(?:sets?|reps?)) (?:from|off|of) (?:my |the )?(?P<name>.+)",
    re.IGNORECASE,
)
_REMOVE = re.compile(
    r"(?:remove|drop|delete|take)(?: out)? (?:my |the )?(?P<name>.+?)(?: (?:from|out of|off) .*)?$", re.IGNORECASE
)
_ADD = re.compile(r"add (?P<what>.+\d.*?) (?:to|in) (?:my|the) (?P<where>.+)", re.IGNORECASE)
_LOWERS = re.compile(r"(?:lower|reduce|decrease)", re.IGNORECASE)
_COUNTS = {"a": "1", "an": "1", "one": "1", "another": "1", "two": "2"}
_UNITS = (
    ("sets", r"sets?"),
    ("rest_seconds", r"s rest|seconds? rest"),
    ("seconds", r"s|secs?|seconds?"),
    ("reps", r"reps?|repetitions?"),
)


def _arguments(asked: Sequence[Instruction], prompt: Prompt, _schema: Schema) -> Arguments | None:
    changes = [change for instruction in asked for change in _changes(instruction.text.rstrip(" .!?"), prompt.sessions)]
    return {"changes": changes[:20]} if changes else None


def _changes(text: str, sessions: list[Json]) -> Iterator[Json]:
    """In the sessions that are named, or else in all that have the exercise; what is new goes into one."""
    named = [session for session in sessions if session["name"].lower() in text.lower()] or sessions
    if less := _LESS.match(text):
        yield from _set(less["name"], less["value"], -1, named)
    elif removed := _REMOVE.match(text):
        yield from (_change("remove", *place) for place in _places(removed["name"], named))
    elif more := _MORE.match(text):
        yield from _set(more["name"], more["value"], 1, named)
    elif added := _ADD.match(text):
        yield from _added(added["what"], named if len(named) < len(sessions) else sessions[:1])
    elif changed := _SET.match(text):
        step = 0 if not changed["by"] else -1 if _LOWERS.match(text) else 1
        yield from _set(changed["name"], changed["value"], step, named)


def _set(name: str, value: str, step: int, sessions: list[Json]) -> Iterator[Json]:
    """`step` 0 sets the number that `value` tells, 1 adds it to the one in the plan, -1 takes it away."""
    read = _number(name, value)
    for session, exercise in _places(name, sessions) if read else ():
        field, number = read or ("", 0)
        wanted = number if not step else (exercise.get(field) or 0) + step * number
        if wanted > 0:
            yield _change("set", session, exercise, **{field: wanted})


def _number(name: str, value: str) -> tuple[str, float] | None:
    """Which number is meant, and what it is: "42.5 kg" is a load, "4 sets", or by the name: "squat reps to 8"."""
    value = re.sub(r"^\w+", lambda word: _COUNTS.get(word[0].lower(), word[0]), value)
    if (load := load_in(value)) is not None:
        return "load_kg", load
    found = re.match(r"\d+", value)
    said = f"{value[found.end() :] if found else ''} {name}"
    if re.search(r"\brest\b", said, re.IGNORECASE):
        return ("rest_seconds", int(found[0])) if found else None
    field = next((field for field, unit in _UNITS if re.search(rf"(?:^|\s)(?:{unit})\b", said, re.IGNORECASE)), None)
    return (field, int(found[0])) if found and field else None


def _places(name: str, sessions: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Each session that has the exercise which is meant, with it."""
    bare = re.sub(
        r"\b(?:sets?|reps?|repetitions?|seconds|load|weight|rest|time|from)\b.*", "", name, flags=re.IGNORECASE
    )
    bare = re.split(r"\s(?:on|in|of)\s", bare)[0]
    known = [exercise["name"] for session in sessions for exercise in session["exercises"]]
    meant = same_exercise(bare, known)
    for session in sessions:
        yield from ((session, exercise) for exercise in session["exercises"] if exercise["name"] == meant)


def _added(what: str, sessions: list[Json]) -> Iterator[Json]:
    for exercise in read_training(what).exercises:
        for session in sessions:
            numbers = exercise.as_exercise()
            yield _change("add", session, numbers, **{name: numbers[name] for name in NUMBERS})


def _change(operation: str, session: Json, exercise: Json, **numbers: Any) -> Json:
    blank = dict.fromkeys(NUMBERS)
    return {"operation": operation, "session": session["name"], "exercise": exercise["name"], **blank, **numbers}


RULE = ToolRule(
    "change_workout_plan",
    _ASKED,
    _arguments,
    'I found nothing in your plan to change by that. Name an exercise of it, such as "add a set to my squats".',
)
