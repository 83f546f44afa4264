"""Changes fields of the profile. Lists are replaced as a whole, so what is added joins what is there."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from infra.local.offline_models.instructions import Instruction
from infra.local.offline_models.json_schema import Schema
from infra.local.offline_models.prompt_reading import Json, Prompt
from infra.local.offline_models.tool_rule import Arguments, ToolRule

FIELDS = ("goals", "experience_level", "equipment", "time_availability", "injuries")

_ASKED = re.compile(
    r"(?:set|change|update|make|replace|edit) (?:my|the) (?:training |workout |weekly |main |new )?"
    r"(?:profile|goals?|experience|level|equipment|gear|time|availability|schedule|injur\w+)\b|"
    r"add .+? to my (?:equipment|gear|goals?|injur\w+|profile)\b|"
    r"remove .+? from my (?:equipment|gear|goals?|injur\w+)\b|"
    r"(?:clear|empty) my (?:injur\w+|equipment|goals?)\b|(?:note|record|add|save|put|log|mark) .{0,60}\binjur\w+|"
    r"(?:note|record|save|put) .{0,60}\bprofile\b",
    re.IGNORECASE,
)
_LISTS = re.compile(r"\s*(?:,|;|\band\b)\s*", re.IGNORECASE)
_LAST = re.compile(r"[\s.!]+$|,?\s*(?:please|now|thanks|thank you)[\s.!]*$", re.IGNORECASE)
_REQUEST = re.compile(
    r"[,.;]?\s*(?:(?:and|so|please)\s+)*(?:update|change|note|save|put|record)\b[^,.;]*\b(?:profile|it|injur\w+)\b.*$",
    re.IGNORECASE,
)

_SET_GOAL = re.compile(r"\bgoals?\b(?: now)?(?: to| is| are|:)(?: now)?\s+(.+)|\bgoals?: *(.+)", re.IGNORECASE)
_ADD_GOAL = re.compile(r"\badd (.+?) to my goals?\b|\badd (?:a|the) goal:? (?:to )?(.+)", re.IGNORECASE)
_LEVEL = re.compile(r"\b(beginner|intermediate|advanced)\b", re.IGNORECASE)
_OF_LEVEL = re.compile(r"\b(?:experience|level|profile)\b", re.IGNORECASE)
_SET_EQUIPMENT = re.compile(r"\b(?:equipment|gear) (?:to|is|are)\s+(.+)", re.IGNORECASE)
_ADD_EQUIPMENT = re.compile(
    r"\badd (.+?) to my (?:equipment|gear)\b|\bi(?:'ve)?(?: now)?(?: just)? (?:have|got|bought|own) "
    r"((?:(?!\b(?:injur|pain|to )).)+)",
    re.IGNORECASE,
)
_REMOVE_EQUIPMENT = re.compile(r"\bremove (.+?) from my (?:equipment|gear)\b", re.IGNORECASE)
_SET_TIME = re.compile(
    r"\b(?:time|availability|schedule) to\s+(.+)|\bi can (?:only )?(?:now )?(?:train|work ?out|exercise)\s+(.+)",
    re.IGNORECASE,
)
_NOTED_INJURY = re.compile(
    r"\b(?:add|put) (.+?) (?:to my|as an?) injur|"
    r"\b(?:note|record|save|mark|log) (?:down )?(?:that |my )?((?!it\b|this\b|that\b).+?) as an? injur|"
    r"\binjur\w+ to\s+(.+)",
    re.IGNORECASE,
)
_AS_INJURY = re.compile(r"\b(?:it|this|that)\b.*\binjur", re.IGNORECASE)
_NO_INJURY = re.compile(r"\bclear my injur|\bremove .+ from my injur", re.IGNORECASE)


def _arguments(asked: Sequence[Instruction], prompt: Prompt, _schema: Schema) -> Arguments | None:
    fields: Json = dict.fromkeys(FIELDS)
    for instruction in asked:
        for name, read in _READERS.items():
            known = {**prompt.profile, **{field: value for field, value in fields.items() if value is not None}}
            value = read(instruction, known)
            fields[name] = fields[name] if value is None else value
    return fields if any(value is not None for value in fields.values()) else None


def _goals(instruction: Instruction, known: Json) -> list[str] | None:
    said = _statement(instruction)
    if added := _found(_ADD_GOAL, said):
        return _joined(known.get("goals"), [added])
    goal = _found(_SET_GOAL, said)
    return [goal[:150]] if goal else None


def _level(instruction: Instruction, _known: Json) -> str | None:
    found = _LEVEL.search(instruction.whole)
    return found[1].lower() if found and _OF_LEVEL.search(instruction.text) else None


def _equipment(instruction: Instruction, known: Json) -> list[str] | None:
    said = _statement(instruction)
    if removed := _found(_REMOVE_EQUIPMENT, said):
        gone = {item.lower() for item in _items(removed)}
        return [item for item in known.get("equipment") or [] if item.lower() not in gone]
    if replaced := _found(_SET_EQUIPMENT, said):
        return _items(replaced)
    added = _found(_ADD_EQUIPMENT, said)
    return _joined(known.get("equipment"), _items(added)) if added else None


def _time(instruction: Instruction, _known: Json) -> str | None:
    found = _found(_SET_TIME, _statement(instruction))
    return found[:500] if found else None


def _injuries(instruction: Instruction, known: Json) -> str | None:
    if _NO_INJURY.search(instruction.text):
        return ""
    noted = _found(_NOTED_INJURY, instruction.whole)
    if not noted and _AS_INJURY.search(instruction.text):
        noted = _trimmed(instruction.lead)
    if not noted:
        return None
    before = str(known.get("injuries") or "").strip()
    return (f"{before}; {noted}" if before and noted not in before else noted)[:2000]


def _statement(instruction: Instruction) -> str:
    """The instruction; or what was said before it, when it says no more than "update my profile"."""
    said = _REQUEST.sub("", instruction.whole)
    return said if said and _REQUEST.match(instruction.text) else instruction.text


def _found(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return _trimmed(next(group for group in found.groups() if group)) or None if found else None


def _trimmed(text: str) -> str:
    """Without a closing "now, please."."""
    shorter = _LAST.sub("", text).strip(" \"',:")
    return shorter if shorter == text else _trimmed(shorter)


def _items(text: str) -> list[str]:
    articles = re.compile(r"^(?:some|an?|the|my|new)\s+", re.IGNORECASE)
    return [item[:150] for part in _LISTS.split(text) if (item := articles.sub("", part.strip()))]


def _joined(known: Any, added: Sequence[str]) -> list[str]:
    """At most 20, the newest, each once."""
    return list(dict.fromkeys([*(known or []), *added]))[-20:]


_READERS: dict[str, Callable[[Instruction, Json], Any]] = {
    "goals": _goals,
    "experience_level": _level,
    "equipment": _equipment,
    "time_availability": _time,
    "injuries": _injuries,
}
RULE = ToolRule(
    "update_profile",
    _ASKED,
    _arguments,
    'To change your profile I need the field and what it should say, such as "set my goal to a first pull-up".',
)
