"""Reviews a room by what the delivery check found and which files there are; it judges no sense."""

from __future__ import annotations

import re
from typing import Any

from infra.local.offline_models.room_roles import coder, wishes
from infra.local.offline_models.room_roles.room_prompt import RoomPrompt, file_texts, lines

MOST_REPAIRS = 4
_PROBLEM = re.compile(r"(.+\.\w+) (?:was not|is not|is empty|cannot be)\b")
_NAME = re.compile(r"`([^`]+)`")
_LIMITS = "The offline model checks that files are there and can be read, not what they mean."


def review(prompt: RoomPrompt) -> dict[str, Any]:
    """The review in the form that the request's schema asks for."""
    problems = {found[1]: line for line in lines(prompt.one("problems")) if (found := _PROBLEM.match(line))}
    present = set(file_texts(prompt.told))
    return {
        "criteria": [_judged(criterion, present, problems) for criterion in lines(prompt.one("criteria"))],
        "repairs": [_repair(name, problems[name], prompt.request) for name in problems][:MOST_REPAIRS],
    }


def _judged(criterion: str, present: set[str], problems: dict[str, str]) -> dict[str, Any]:
    """A criterion that names files is about these, one that names none about all."""
    named = _NAME.findall(criterion)
    faults = [problem for name, problem in problems.items() if name in named or not named]
    faults += [f"{name} is not there." for name in named if name not in present and name not in problems]
    reason = " ".join(faults) or f"No problem was found with {', '.join(named) or 'any file'}. {_LIMITS}"
    return {"criterion": criterion, "met": not faults, "reason": reason}


def _repair(name: str, problem: str, request: str) -> dict[str, Any]:
    if name.startswith("notes"):
        role, questions = "researcher", "\n- ".join(wishes.questions_of(request))
        told = f"Search the knowledge base for what it says on this:\n- {questions}\nWrite the findings into {name}."
    else:
        role = "coder" if name.endswith(coder.ENDINGS) else "writer"
        told = f"Write {name} for this request:\n{wishes.short(wishes.settled(request), 1500)}"
    return {"role": role, "brief": f"{problem} {told}", "deliverables": [name]}
