"""Makes a workout plan of a template, within the user's experience, equipment, time and injuries."""

from __future__ import annotations

import re
from collections.abc import Sequence

from infra.local.offline_models.instructions import Instruction
from infra.local.offline_models.json_schema import Schema
from infra.local.offline_models.prompt_reading import Prompt
from infra.local.offline_models.tool_arguments import plan_template
from infra.local.offline_models.tool_arguments.plan_template import Trainee
from infra.local.offline_models.tool_rule import Arguments, ToolRule
from shared.safety.athlete import Athlete

DAYS, MINUTES, WEEKS = 3, 45, 4  # where neither the question nor the profile says
MOST_WEEKS = 12
LEVELS = ("beginner", "intermediate", "advanced")

_KIND = r"(?:(?!meal|diet|nutrition|eating|food)[\w'-]+\s+){0,9}?"
_ASKED = re.compile(
    rf"(?:(?:make|create|write|build|design|give|propose|prepare|draft|generate|set up|put together)\s+|"
    rf"i(?:'d| would)? (?:need|want|like)\s+){_KIND}(?:plan|program(?:me)?|routine)\b",
    re.IGNORECASE,
)
_WEEKS = re.compile(r"\b(\d{1,2})[\s-]*weeks?\b(?! ?(?:old|ago))", re.IGNORECASE)
_LEVEL = re.compile(rf"\b({'|'.join(LEVELS)})", re.IGNORECASE)
_FOCUS = re.compile(r"\b(upper|lower)[\s-]body\b", re.IGNORECASE)


def _arguments(asked: Sequence[Instruction], prompt: Prompt, _schema: Schema) -> Arguments | None:
    text = asked[0].whole
    said, known = Athlete.of({"time_availability": text}), Athlete.of(prompt.profile)
    days = _within(said.sessions_per_week, known.sessions_per_week, DAYS)
    minutes = _within(said.minutes_per_session, known.minutes_per_session, MINUTES)
    trainee = _trainee(text, prompt, known)
    focus = found[1].lower() if (found := _FOCUS.search(text)) else "full"
    sessions = plan_template.sessions(trainee, focus, days, minutes)
    weeks = int(found[1]) if (found := _WEEKS.search(text)) else WEEKS
    return {
        "name": f"{len(sessions)}-day {focus} body plan",
        "goal": (prompt.profile.get("goals") or ["General strength and health"])[0],
        "weeks": max(1, min(weeks, MOST_WEEKS)),
        "sessions": sessions,
    }


def _within(said: int | None, known: int | None, usual: int) -> int:
    """What was asked for, but no more than the profile says there is time for."""
    asked = said or known or usual
    return min(asked, known or asked)


def _trainee(text: str, prompt: Prompt, known: Athlete) -> Trainee:
    """A question may ask for an easier plan than the profile's level, not for a harder one."""
    level = found[1].lower() if (found := _LEVEL.search(text)) else known.experience
    experience = min(level, known.experience, key=LEVELS.index)
    equipment = " ".join(prompt.profile.get("equipment") or [])
    return Trainee(experience, equipment.lower(), known.injuries.lower())


RULE = ToolRule(
    "create_workout_plan",
    _ASKED,
    _arguments,
    'To make a plan I need to know for how many days, such as "a 3-day plan".',
)
