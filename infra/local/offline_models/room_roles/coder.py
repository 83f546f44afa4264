"""Writes a small file that works: a program of a fixed choice, or a training plan as a table. It invents none."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from infra.local.offline_models.room_roles import wishes
from infra.local.offline_models.room_roles.room_document import Document, Section, render
from infra.local.offline_models.tool_arguments import plan_template
from infra.local.offline_models.tool_arguments.plan_template import Trainee
from shared.safety.athlete import Athlete

ENDINGS = (".py", ".csv", ".json", ".js", ".sql", ".css", ".yaml", ".yml")
DAYS, MINUTES, WEEKS = 3, 45, 4  # where the request does not say
MOST_WEEKS = 12
MADE_BY = (
    "By Hercules' offline model, from its fixed choice of files: it does not reason. Check it before you rely on it."
)
PROGRAMS = Path(__file__).with_name("programs")
# The first that fits is taken; the last fits always.
_CHOICE: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(words, re.IGNORECASE))
    for name, words in (
        ("one_rep_max", r"\b(1\s?rm|one[- ]rep)"),
        ("plate_calculator", r"\bplates?\b"),
        ("pace_calculator", r"\b(pace|km/h|running speed)\b"),
        ("training_load", ""),
    )
)
_WANTED = re.compile(
    r"\b(code|scripts?|python|javascript|calculators?|json|csv|sql|spreadsheets?|tables?|converter|"
    r"program (?:that|which|to))\b",
    re.IGNORECASE,
)
_TABLE = re.compile(r"\b(csv|spreadsheets?|tables?)\b", re.IGNORECASE)
_WEEKS = re.compile(r"\b(\d{1,2})[\s-]*weeks?\b", re.IGNORECASE)
_COLUMNS = ("week", "session", "exercise", "sets", "reps", "seconds", "rest_seconds")


def is_wanted(request: str) -> bool:
    """Whether a program, a table or data is asked for."""
    return bool(_WANTED.search(request)) or bool(wishes.named_files(request, list(ENDINGS)))


def usual_name(request: str) -> str:
    """What the file is called if the request gives it no name."""
    return "plan.csv" if _TABLE.search(request) else f"{_program(request)}.py"


def written(name: str, request: str, answers: Sequence[str] = ()) -> tuple[str, str]:
    """The file's content, and what it is in one sentence. `answers` are the owner's, and are noted in it."""
    ending = Path(name).suffix.lower()
    if ending == ".py":
        program = _program(f"{name} {request}".replace("_", " "))
        source = (PROGRAMS / f"{program}.py").read_text(encoding="utf-8")
        return _headed(source, request, answers), source.removeprefix('"""').partition(":")[0]
    if ending in (".csv", ".json"):
        rows = plan_rows(f"{request} {' '.join(answers)}")
        content = _csv(rows) if ending == ".csv" else json.dumps({"made_by": MADE_BY, "rows": rows}, indent=2) + "\n"
        return content, f"A training plan of {rows[-1]['week']} weeks as a table, from the offline model's template."
    told = "The offline model has no file of this kind to offer. What was asked for:"
    return render(Document(name, [Section("Request", notes=[told, request, *answers])]), name), "Only the request."


def plan_rows(text: str) -> list[dict[str, Any]]:
    """A beginner's plan, one row for each exercise of each session of each week.

    The text says for how many weeks and days; what it names of a body's parts is not loaded.
    """
    said = Athlete.of({"time_availability": text})
    trainee = Trainee("beginner", text.lower(), text.lower())
    sessions = plan_template.sessions(
        trainee, "full", said.sessions_per_week or DAYS, said.minutes_per_session or MINUTES
    )
    weeks = max(1, min(int(found[1]) if (found := _WEEKS.search(text)) else WEEKS, MOST_WEEKS))
    return [
        {"week": week, "session": session["name"], "exercise": exercise["name"]}
        | {column: exercise[column] for column in _COLUMNS[3:]}
        for week in range(1, weeks + 1)
        for session in sessions
        for exercise in session["exercises"]
    ]


def _program(text: str) -> str:
    return next(name for name, words in _CHOICE if words.search(text))


def _headed(source: str, request: str, answers: Sequence[str]) -> str:
    """With what was asked for in front, as comments."""
    told = [MADE_BY, f"Asked for: {request}", *(f"The owner said: {answer}" for answer in answers)]
    head = [f"# {wishes.short(' '.join(text.split()), 110)}" for text in told]
    return "\n".join([*head, source])


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    written = io.StringIO(newline="")
    table = csv.DictWriter(written, _COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return written.getvalue()
