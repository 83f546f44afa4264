"""Prompts as Hercules writes them."""

import json
from html import escape
from typing import Any

from openai.types.chat import (
    ChatCompletionMessageParam,
    ChatCompletionSystemMessageParam,
    ChatCompletionUserMessageParam,
)

from shared.training.digest import plan_text
from shared.training.plan import Plan

PASSAGES = {
    "Deloads": "A deload is a planned easier week, usually every four to eight weeks. Keep the exercises, cut the "
    "sets by about half and lower the load by ten percent. It lets fatigue fall so that performance can rise.",
    "Protein": "For building muscle aim for 1.6 to 2.2 grams of protein per kilogram of body weight each day. "
    "Spread it over three to five meals.",
    "Sleep": "Adults who train need seven to nine hours of sleep. A cool dark room and a fixed wake time help most.",
    "Easy runs": "About eighty percent of running should be at an easy pace, e.g. one at which you can speak in "
    "whole sentences. Going too fast on easy days is the most common mistake.",
    "Heart rate": "Recovery heart rate should fall by > 12 beats in the first minute & keep falling. "
    "Values < 12 are worth a check-up.",
}
DELOAD = "How often should I take a deload week?"
UNRELATED = ("What is the capital of France?", "how do I fix my router")

PROFILE = {
    "goals": ["first pull-up"],
    "experience_level": "beginner",
    "equipment": ["dumbbells", "pull-up bar"],
    "time_availability": "three evenings of 45 minutes",
    "injuries": "left knee, mild",
}
TODAY = "2026-11-22"  # a Sunday


def _exercise(
    name: str, reps: int | None = 5, load_kg: float | None = None, seconds: int | None = None
) -> dict[str, Any]:
    return {"name": name, "sets": 3, "reps": reps, "seconds": seconds, "load_kg": load_kg, "rest_seconds": 90}


PLAN: dict[str, Any] = {
    "name": "Two days",
    "goal": "Strength",
    "weeks": 4,
    "sessions": [
        {"name": "Monday", "minutes": 45, "exercises": [_exercise("Squat", load_kg=40.0), _exercise("Walking lunge")]},
        {
            "name": "Thursday",
            "minutes": 45,
            "exercises": [
                _exercise("Squat", load_kg=40.0),
                _exercise("Goblet squat", load_kg=16.0),
                _exercise("Plank", None, seconds=30),
            ],
        },
    ],
}


def prompt(question: str, passages: dict[str, str] = PASSAGES) -> str:
    tags = [
        f'<passage id="p{number}" title="{escape(title)}" heading="">\n{escape(text)}\n</passage>'
        for number, (title, text) in enumerate(passages.items(), start=1)
    ]
    profile = '<profile>\n{"goals": ["strength"]}\n</profile>'
    question = f"<question>\n{escape(question)}\n</question>"
    return "\n".join(["<passages>", *tags, "</passages>", profile, question])


def asked(question: str, passages: dict[str, str] = PASSAGES) -> list[ChatCompletionUserMessageParam]:
    return [{"role": "user", "content": prompt(question, passages)}]


def known(
    profile: dict[str, Any] | None = None, plan: dict[str, Any] | None = None
) -> ChatCompletionSystemMessageParam:
    """What the application knows of the user, as it tells the model."""
    training = plan_text(Plan.model_validate(plan), None) if plan else ""
    parts = [
        f"<profile>\n{escape(json.dumps(profile or {}), quote=False)}\n</profile>",
        f"<training>\n{escape(training, quote=False)}\n</training>",
        f"<today>{TODAY} Friday 20:05 Europe/Berlin</today>",
    ]
    return {"role": "system", "content": "\n".join(parts)}


def told(
    question: str, *results: tuple[str, Any], passages: dict[str, str] = PASSAGES
) -> list[ChatCompletionMessageParam]:
    """A question whose tool calls were answered: each result with the name of its tool."""
    calls = [
        {"id": f"c{number}", "type": "function", "function": {"name": name, "arguments": "{}"}}
        for number, (name, _) in enumerate(results)
    ]
    answers = [
        {"role": "tool", "tool_call_id": f"c{number}", "content": json.dumps(result)}
        for number, (_, result) in enumerate(results)
    ]
    messages: list[Any] = [
        *asked(question, passages),
        {"role": "assistant", "content": None, "tool_calls": calls},
        *answers,
    ]
    return messages
