"""Writes down a workout that the user says was done."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from infra.local.offline_models.instructions import Instruction
from infra.local.offline_models.json_schema import Schema
from infra.local.offline_models.prompt_reading import Prompt
from infra.local.offline_models.tool_arguments.exercise_notation import Performed, read_training, same_exercise
from infra.local.offline_models.tool_rule import Arguments, ToolRule

_ASKED = re.compile(
    r"(?:log|record|track|save)\b(?! (?:my|the|this as) (?:goals?|equipment|injur))|"
    r"(?:write|note|put|jot)\b.{0,40}\bdown\b|"
    r"add (?:it|this|that|my workout|these) to my (?:log|diary|journal)\b",
    re.IGNORECASE,
)
_DAYS_AGO = re.compile(r"\b(\d+) days? ago\b", re.IGNORECASE)
_ISO_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_WEEKDAY = re.compile(r"\bon (mon|tues|wednes|thurs|fri|satur|sun)day\b", re.IGNORECASE)
_WEEKDAYS = ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")


def _arguments(asked: Sequence[Instruction], prompt: Prompt, _schema: Schema) -> Arguments | None:
    text = " ".join(instruction.whole for instruction in asked)
    training = read_training(_WEEKDAY.sub(" ", text))
    if not training.exercises:
        return None
    return {
        "performed_on": _day(text, prompt.today).isoformat(),
        "minutes": training.minutes,
        "exercises": [_as_known(exercise, prompt).as_exercise() for exercise in training.exercises],
        "notes": None if training.stated_minutes else "Minutes estimated from the sets.",
    }


def _as_known(exercise: Performed, prompt: Prompt) -> Performed:
    """Under the name that the plan or an earlier workout has for it, so that progress can be followed."""
    known = [each["name"] for part in (*prompt.sessions, *prompt.workouts) for each in part.get("exercises", [])]
    same = [name for name in known if same_exercise(exercise.name, [name]) and same_exercise(name, [exercise.name])]
    return replace(exercise, name=same[0]) if same else exercise


def _day(text: str, today: date) -> date:
    if stated := _ISO_DATE.search(text):
        try:
            return date.fromisoformat(stated[0])
        except ValueError:
            return today
    if ago := _DAYS_AGO.search(text):
        return today - timedelta(days=min(int(ago[1]), 365))
    if named := _WEEKDAY.search(text):
        return today - timedelta(days=(today.weekday() - _WEEKDAYS.index(named[1].lower())) % 7)
    return today - timedelta(days=bool(re.search(r"\b(?:yesterday|last night)\b", text, re.IGNORECASE)))


RULE = ToolRule(
    "log_workout",
    _ASKED,
    _arguments,
    'To log a workout I need its exercises, such as "squat 3x5 at 60 kg, 45 minutes".',
)
