"""The script by which the model proposes: `data/proposals.json`, its lines tried in their order.

A line says what a request for its `tool` looks like (`asks`), and the `arguments` to answer with; `{name}` in them is a
group of the pattern (`load` as a number) or one of the facts below. With `each`, there is one of what it holds for each
session of the plan that has the exercise. `needs` is what the user is told when something of it was not said.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from infra.local.offline_models.conversation import Json
from infra.local.offline_models.pretend.prompts import Prompt
from infra.local.offline_models.pretend.schema_filling import properties

_DATA = Path(__file__).with_name("data")
_SETS = re.compile(r"\b([a-z][a-z -]*?) (\d+) ?x ?(\d+)(?:,? (?:at )?(\d+(?:\.\d+)?) ?(kg|lbs?\b))?", re.IGNORECASE)
_MINUTES = re.compile(r"\b(\d+) min", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"{(\w+)}")


class MissingError(Exception):
    """The question leaves out what the call needs."""


@dataclass(frozen=True)
class Asked:
    """A line of the script with what its pattern found."""

    tool: str
    needs: str
    line: Json
    found: Json

    def arguments(self, prompt: Prompt, schema: Json) -> Json:
        """By the tool's schema. Raises MissingError."""
        facts = _facts(prompt, properties(schema)) | self.found
        if "each" not in self.line:
            return {**dict.fromkeys(properties(schema)), **_filled(self.line["arguments"], facts)}
        ((name, item),) = self.line["each"].items()
        items = [_filled(item, facts | place) for place in _places(self.found["exercise"], prompt.sessions)]
        if not items:
            raise MissingError
        return {name: items}


def wanted(text: str) -> Asked | None:
    """What a text asks for that begins with a request."""
    for line in data("proposals"):
        if found := re.match(line["asks"], text, re.IGNORECASE | re.DOTALL):
            return Asked(line["tool"], line.get("needs", ""), line, found.groupdict())
    return None


@cache
def data(name: str) -> Any:
    return json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))


def text_of(name: str) -> str:
    return (_DATA / name).read_text(encoding="utf-8")


def _facts(prompt: Prompt, fields: dict[str, Json]) -> Json:
    said = prompt.question
    sets = [_exercise(*found) for found in _SETS.findall(said)]
    minutes = _MINUTES.search(said)
    return {
        "day": (prompt.today - timedelta(days="yesterday" in said.lower())).isoformat(),
        "exercises": sets,
        "minutes": int(minutes[1]) if minutes else 5 * sum(each["sets"] for each in sets),
        "event": fields.get("event", {}).get("enum", ["coach.message"])[0],
        "plan": data("plan") | ({"goal": goals[0]} if (goals := prompt.profile.get("goals")) else {}),
    }


def _exercise(name: str, sets: str, reps: str, load: str, unit: str) -> Json:
    name = re.sub(r"^(?:i did|and|then|my workout) ", "", name.strip().lower()).capitalize()
    amount = {"sets": int(sets), "reps": int(reps), "seconds": None, "load_kg": float(load) if load else None}
    pounds = {"load_kg": None, "load_lb": float(load)} if unit.lower().startswith("lb") else {}
    return {"name": name, **amount, **pounds, "rest_seconds": 90}


def _places(words: str, sessions: list[Json]) -> Iterator[Json]:
    """The sessions that have the exercise which is meant: the shortest name that holds the words."""
    stem = words.strip().lower().removesuffix("s")
    names = {each["name"] for session in sessions for each in session["exercises"] if stem in each["name"].lower()}
    meant = min(names, key=lambda name: (len(name), name), default=None)
    for session in sessions:
        if any(each["name"] == meant for each in session["exercises"]):
            yield {"session": session["name"], "exercise": meant}


def _filled(template: Any, facts: Json) -> Any:
    """Raises MissingError."""
    if isinstance(template, dict):
        return {name: _filled(part, facts) for name, part in template.items()}
    if isinstance(template, list):
        return [_filled(part, facts) for part in template]
    if not isinstance(template, str) or not (name := _PLACEHOLDER.fullmatch(template)):
        return template
    if not (value := facts.get(name[1])):
        raise MissingError
    if not isinstance(value, str):
        return value
    return float(value) if name[1] == "load" else value.strip(" .!")
